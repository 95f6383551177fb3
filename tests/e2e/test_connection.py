"""Tests of the connection: its state is shown correctly, and no message is lost."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.e2e.people import LABEL, TIMEOUT_MS, People, entry_of, start_direct, write
from tests.launch import Launched

on_daphne = pytest.mark.parametrize("server", ["daphne"], indirect=True)

BLOCKED = "Polling (WebSocket blocked)"
SOCKETS = "**/ws/chat/"


class Network:
    """The network between a page and its server, which can block WebSockets."""

    def __init__(self, page: Page) -> None:
        self.treat: Callable[[WebSocketRoute], object] = lambda route: route.connect_to_server()
        self.routes: list[WebSocketRoute] = []
        page.route_web_socket(SOCKETS, self._opened)

    def _opened(self, route: WebSocketRoute) -> None:
        self.routes.append(route)
        self.treat(route)


def refuse(route: WebSocketRoute) -> None:
    """Refuse the WebSocket, as a proxy without WebSocket support does."""
    route.close()


def swallow(_route: WebSocketRoute) -> None:
    """Never answer the handshake, as a firewall that drops unknown traffic does."""


@on_daphne
@pytest.mark.parametrize("treat", [refuse, swallow])
def test_the_page_polls_while_the_network_blocks_websockets(
    people: People, treat: Callable[[WebSocketRoute], object]
) -> None:
    carol, deniz = people.sign_in("carol"), people.sign_in("deniz")
    start_direct(carol, "Deniz")
    network = Network(carol)
    network.treat = treat
    carol.reload()
    entry_of(carol, "Deniz").click()
    expect(carol.locator("#connection")).to_have_text(BLOCKED, timeout=TIMEOUT_MS)
    write(carol, f"by {treat.__name__}d socket")
    expect(carol.locator(".message-foot", has_text="Sending…")).to_have_count(0, timeout=TIMEOUT_MS)
    entry_of(deniz, "Carol").click()
    expect(deniz.locator(".bubble").last).to_have_text(f"by {treat.__name__}d socket")
    deniz.get_by_label("Message", exact=True).press_sequentially("An")
    expect(carol.locator("#typing")).to_contain_text("Deniz", timeout=TIMEOUT_MS)
    write(deniz, "An answer")
    expect(carol.locator(".bubble").last).to_have_text("An answer", timeout=TIMEOUT_MS)
    carol.get_by_label("Message", exact=True).fill("half a thought")
    network.treat = lambda route: route.connect_to_server()
    carol.locator("#connection-retry").click()
    expect(carol.locator("#connection")).to_have_text(LABEL["daphne"], timeout=TIMEOUT_MS)
    expect(carol.get_by_label("Message", exact=True)).to_have_value("half a thought")
    write(deniz, "And another")
    expect(carol.locator(".bubble").last).to_have_text("And another", timeout=TIMEOUT_MS)


@on_daphne
def test_the_page_returns_to_the_websocket_by_itself(people: People) -> None:
    carol = people.sign_in("carol")
    network = Network(carol)
    network.treat = refuse
    carol.reload()
    expect(carol.locator("#connection")).to_have_text(BLOCKED, timeout=TIMEOUT_MS)
    network.treat = lambda route: route.connect_to_server()
    expect(carol.locator("#connection")).to_have_text(LABEL["daphne"], timeout=90_000)


def test_offline_is_shown_and_messages_written_meanwhile_are_sent_afterwards(
    people: People, server: Launched
) -> None:
    name: str = server.name  # type: ignore[attr-defined]
    badr = people.sign_in("badr")
    start_direct(badr, "Deniz")
    badr.context.set_offline(True)
    expect(badr.locator("#connection")).to_have_text("Offline", timeout=TIMEOUT_MS)
    expect(badr.locator("#connection-notice")).to_be_visible(timeout=TIMEOUT_MS)
    expect(badr.locator("#announcer")).to_contain_text("The connection is lost")
    write(badr, f"without a network on {name}")
    badr.get_by_label("Message", exact=True).fill("half a thought")
    expect(badr.locator(".message-foot", has_text="Sending…")).to_have_count(1)
    badr.context.set_offline(False)
    expect(badr.locator("#connection")).to_have_text(LABEL[name], timeout=90_000)
    expect(badr.locator(".message-foot", has_text="Sending…")).to_have_count(0, timeout=TIMEOUT_MS)
    expect(badr.locator("#connection-notice")).to_be_hidden()
    expect(badr.get_by_label("Message", exact=True)).to_have_value("half a thought")


@on_daphne
def test_the_reconnect_countdown_runs_and_can_be_skipped(people: People) -> None:
    carol = people.sign_in("carol")
    network = Network(carol)
    carol.reload()
    expect(carol.locator("#connection")).to_have_text(LABEL["daphne"], timeout=TIMEOUT_MS)
    network.routes[-1].close(code=1012, reason="retry:60000")
    expect(carol.locator("#connection")).to_have_text("Reconnecting in 60 s")
    expect(carol.locator("#connection")).to_have_text("Reconnecting in 58 s")
    carol.locator("#connection-retry").click()
    expect(carol.locator("#connection")).to_have_text(LABEL["daphne"], timeout=TIMEOUT_MS)


ONE_FRAME = """() => {
    const Real = window.WebSocket;
    window.framesUntilShown = new Promise((resolve) => {
        window.WebSocket = class extends Real {
            constructor(...given) {
                super(...given);
                this.addEventListener("message", ({ data }) => {
                    if (!data.includes('"type":"typing"')) return;
                    requestAnimationFrame(() =>
                        resolve(document.getElementById("typing").textContent));
                });
            }
        };
    });
}"""


@on_daphne
def test_typing_is_shown_within_one_frame_of_arrival(people: People) -> None:
    carol = people.sign_in("carol")
    start_direct(carol, "Deniz")
    me = int(carol.locator("#chat").get_attribute("data-me") or 0)
    network = Network(carol)
    carol.add_init_script(f"({ONE_FRAME})()")
    carol.reload()
    entry_of(carol, "Deniz").click()
    expect(carol.locator("#connection")).to_have_text(LABEL["daphne"], timeout=TIMEOUT_MS)
    conversation = carol.evaluate(
        """async () => {
            const { get } = await import("/static/web/js/transport/http.js");
            const all = await get("/conversations");
            return all.find(({ kind, members }) => kind === "direct"
                && members.some(({ username }) => username === "deniz")).id;
        }"""
    )
    frame = {
        "type": "typing",
        "conversation": conversation,
        "person": {"id": me + 1000, "username": "deniz", "name": "Deniz Kaya"},
        "active": True,
    }
    network.routes[-1].send(json.dumps(frame, separators=(",", ":")))
    assert "Deniz Kaya" in carol.evaluate("window.framesUntilShown")


def test_a_script_that_fails_to_load_is_reported(people: People) -> None:
    amal = people.sign_in("amal")
    amal.route("**/js/views/sidebar/search*.js", lambda route: route.abort())
    amal.reload()
    error = amal.get_by_role("alert").filter(has_text="A part of the page did not arrive.")
    expect(error).to_be_visible(timeout=TIMEOUT_MS)
    amal.unroute("**/js/views/sidebar/search*.js")
    error.get_by_role("link", name="Load it again").click()
    expect(amal.locator("#connection")).not_to_have_attribute(
        "data-state", "connecting", timeout=TIMEOUT_MS
    )
    expect(error).to_be_hidden()
