"""Tests that messages arrive once and in order although servers and networks fail for a while."""

from __future__ import annotations

import re
import resource
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
from playwright.sync_api import Locator, Page, Response, WebSocket, expect

from tests.e2e.lossy_proxy import lossy_proxy
from tests.e2e.people import LABEL, TIMEOUT_MS, People, entry_of, start_direct, write
from tests.launch import Launched

ACK_TIMEOUT_MS = 10_000


def sending(page: Page) -> Locator:
    """Return the messages that the server has not acknowledged."""
    return page.locator(".message-foot", has_text="Sending…")


def expect_sent_in_order(sender: Page, reader: Page, texts: list[str]) -> None:
    """Wait until texts are the last messages on both pages, once and in this order."""
    expect(sending(sender)).to_have_count(0, timeout=TIMEOUT_MS)
    for page in (sender, reader):
        bubbles = page.locator(".bubble", has_text=re.compile("|".join(map(re.escape, texts))))
        expect(bubbles).to_have_text(texts, timeout=TIMEOUT_MS)


def serving_processes(server: Launched) -> list[psutil.Process]:
    """Return the processes that serve the page, without Valkey."""
    return [one for one in server.tree() if "python" in one.name()]


@contextmanager
def frozen(server: Launched) -> Iterator[None]:
    """Stop the processes that serve until the context ends, as if the machine hung."""
    processes = serving_processes(server)[1:]
    assert processes
    for one in processes:
        one.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        for one in processes:
            one.send_signal(signal.SIGCONT)


@contextmanager
def full_disk(server: Launched) -> Iterator[None]:
    """Let no process write to a file until the context ends, as if the disk were full."""
    processes = serving_processes(server)
    limits = [one.rlimit(psutil.RLIMIT_FSIZE) for one in processes]
    for one in processes:
        one.rlimit(psutil.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        for one, limit in zip(processes, limits, strict=True):
            one.rlimit(psutil.RLIMIT_FSIZE, limit)


class Refusals:
    """Counts the messages of a page that were refused as ``unavailable``."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._count = 0
        page.on("response", self._answered)
        page.on("websocket", self._opened)

    def wait_for(self, count: int) -> None:
        while self._count < count:
            self._page.wait_for_timeout(50)

    def _opened(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._received)

    def _received(self, frame: str | bytes) -> None:
        self._count += '"unavailable"' in str(frame)

    def _answered(self, response: Response) -> None:
        request = response.request
        is_message = request.method == "POST" and request.url.endswith("/messages")
        self._count += is_message and response.status == 503


def test_messages_to_a_full_disk_are_sent_again_in_order(people: People, server: Launched) -> None:
    name: str = server.name  # type: ignore[attr-defined]
    deniz, carol = people.sign_in("deniz"), people.sign_in("carol")
    start_direct(carol, "Deniz")
    refusals = Refusals(carol)
    carol.reload()
    entry_of(carol, "Deniz").click()
    expect(carol.locator("#connection")).to_have_text(LABEL[name], timeout=TIMEOUT_MS)
    texts = [f"{number} to a full disk" for number in range(1, 6)]
    with full_disk(server):
        for text in texts[:-1]:
            write(carol, text)
        refusals.wait_for(2)
        expect(carol.locator(".message-trouble")).to_have_count(0)
    write(carol, texts[-1])
    entry_of(deniz, "Carol").click()
    expect_sent_in_order(carol, deniz, texts)


def test_messages_to_a_frozen_server_are_sent_again_when_it_is_back(
    people: People, server: Launched
) -> None:
    name: str = server.name  # type: ignore[attr-defined]
    deniz, carol = people.sign_in("deniz"), people.visit()
    carol.clock.install()
    carol.reload()
    people.sign_in_on(carol, "carol")
    start_direct(carol, "Deniz")
    entry_of(deniz, "Carol").click()
    expect(carol.locator("#connection")).to_have_text(LABEL[name], timeout=TIMEOUT_MS)
    with frozen(server):
        write(carol, "first to a frozen server")
        write(carol, "second to a frozen server")
        carol.clock.fast_forward(ACK_TIMEOUT_MS)
        expect(carol.locator("#connection")).not_to_have_text(LABEL[name], timeout=5_000)
        expect(sending(carol)).to_have_count(2)
    expect_sent_in_order(carol, deniz, ["first to a frozen server", "second to a frozen server"])


def test_messages_that_the_network_loses_are_sent_again_on_a_new_connection(
    people: People, server: Launched
) -> None:
    name: str = server.name  # type: ignore[attr-defined]
    amal = people.sign_in("amal")
    with lossy_proxy(server.url) as proxy:
        carol = people.visit()
        carol.clock.install()
        carol.goto(proxy.url)
        people.sign_in_on(carol, "carol")
        start_direct(carol, "Amal")
        entry_of(amal, "Carol").click()
        expect(carol.locator("#connection")).to_have_text(LABEL[name], timeout=TIMEOUT_MS)
        proxy.drops.set()
        # Longer than all other requests that the page may send.
        lost = f"lost on the way: {secrets.token_hex(1800)}"
        write(carol, lost)
        proxy.wait_until_dropped(len(lost), TIMEOUT_MS / 1000)
        proxy.drops.clear()
        # The connection has survived, so this message could overtake the one before.
        write(carol, "after it")
        expect(sending(carol)).to_have_count(2)
        carol.clock.fast_forward(ACK_TIMEOUT_MS)
        expect_sent_in_order(carol, amal, [lost, "after it"])
