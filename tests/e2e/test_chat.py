"""Two people in two real browsers, on both servers."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from reference_app.config.environment import ROOT
from reference_app.serving.processes import free_port
from tests.launch import Launched, demo

ARTEFACTS = ROOT / "var" / "artifacts" / "e2e"
LABEL = {"daphne": "Live (WebSocket)", "gunicorn": "Polling every 2–5 s"}
FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 30_000
"""Milliseconds that a state may take to show; polling alone needs up to 5,000."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = subprocess.run(
        [ROOT / "scripts" / "find-browser"], capture_output=True, text=True, cwd=ROOT
    )
    if found.returncode:
        pytest.fail(found.stderr)
    # Chromium's sandbox cannot be had as root.
    flags = [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["daphne", "gunicorn"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Launched]:
    with demo(request.param, tmp_path_factory.mktemp(request.param)) as launched:
        launched.name = request.param  # type: ignore[attr-defined]
        yield launched


class People:
    """Opens browsers for people, and collects what their pages complain of."""

    def __init__(self, browser: Browser, server: Launched) -> None:
        self.browser = browser
        self.server = server
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def sign_in(self, username: str, width: int = 1100) -> Page:
        context = self.browser.new_context(viewport={"width": width, "height": 720})
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.server.url)
        page.get_by_label("Username").fill(username)
        page.get_by_label("Password").fill(f"{username}123")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#connection")).not_to_have_attribute(
            "data-state", "connecting", timeout=PATIENCE
        )
        return page


@pytest.fixture
def people(browser: Browser, server: Launched) -> Iterator[People]:
    found = People(browser, server)
    yield found
    for context in found.contexts:
        context.close()
    assert found.complaints == []


def start_direct(page: Page, name: str) -> None:
    page.get_by_role("button", name="New conversation").click()
    page.get_by_label("People").fill(name)
    page.locator(".person", has_text=name).click()
    start(page)


def start(page: Page) -> None:
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#picker")).to_be_hidden(timeout=PATIENCE)


def write(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")


def bubbles(page: Page) -> list[str]:
    return page.locator(".bubble").all_inner_texts()


def test_two_people_chat_and_see_each_other_type(people: People, server: Launched) -> None:
    name: str = server.name  # type: ignore[attr-defined]
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    for page in (amal, carol):
        expect(page.locator("#connection")).to_have_text(LABEL[name], timeout=PATIENCE)
    start_direct(amal, "Carol")
    write(amal, "Hello Carol, the figures are in.")
    write(amal, "مرحبا كارول، وصلت الأرقام.")
    carol.locator(".entry", has_text="أمل").click()
    expect(carol.locator(".bubble")).to_have_count(2, timeout=PATIENCE)
    shown = amal.locator("#typing", has_text="Carol Jones is typing…")
    # Somebody who goes on typing: a page that polls may look only after 5 s.
    for key in "At last":
        carol.get_by_label("Message", exact=True).press_sequentially(key)
        carol.wait_for_timeout(0 if shown.count() else 1000)
    expect(shown).to_be_visible(timeout=PATIENCE)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for page, who in ((amal, "amal"), (carol, "carol")):
        page.screenshot(path=ARTEFACTS / f"{name}-{who}.png")
    carol.keyboard.press("Enter")
    expect(amal.locator(".bubble")).to_have_count(3, timeout=PATIENCE)
    expect(amal.locator("#typing")).to_have_text("", timeout=PATIENCE)
    expect(amal.locator(".entry-last")).to_have_text("At last", timeout=PATIENCE)
    assert bubbles(amal) == bubbles(carol)
    amal.reload()
    amal.locator(".entry", has_text="Carol").click()
    expect(amal.locator(".bubble")).to_have_count(3, timeout=PATIENCE)


def test_markup_that_people_write_is_shown_and_not_obeyed(people: People) -> None:
    badr = people.sign_in("badr")
    start_direct(badr, "Deniz")
    write(badr, "<img src=x onerror=alert(1)><b>bold</b>")
    expect(badr.locator(".bubble").last).to_have_text("<img src=x onerror=alert(1)><b>bold</b>")
    assert badr.locator(".bubble img, .bubble b").count() == 0


def test_older_messages_are_loaded_and_the_place_is_kept(people: People) -> None:
    admin = people.sign_in("admin")
    start_direct(admin, "Deniz")
    for number in range(60):
        write(admin, f"message {number}")
    expect(admin.locator(".bubble")).to_have_count(60, timeout=PATIENCE)
    expect(admin.locator(".is-mine .message-foot", has_text="Sending")).to_have_count(
        0, timeout=PATIENCE
    )
    admin.reload()
    admin.locator(".entry", has_text="Deniz").click()
    expect(admin.locator(".bubble")).to_have_count(50, timeout=PATIENCE)
    admin.locator("#messages").evaluate("pane => pane.scrollTo(0, 0)")
    expect(admin.locator(".bubble")).to_have_count(60, timeout=PATIENCE)
    assert bubbles(admin) == [f"message {number}" for number in range(60)]
    assert admin.locator("#messages").evaluate("pane => pane.scrollTop") > 0
    expect(admin.get_by_role("button", name="Load older messages")).to_be_hidden()


def test_a_group_is_started_and_reaches_everybody(people: People) -> None:
    admin, badr = people.sign_in("admin"), people.sign_in("badr")
    admin.get_by_role("button", name="New conversation").click()
    for name in ("بدر", "Carol"):
        admin.locator(".person", has_text=name).click()
    admin.get_by_label("Name of the group").fill("Launch")
    start(admin)
    write(admin, "Welcome, everybody")
    badr.locator(".entry", has_text="Launch").click()
    expect(badr.locator(".bubble")).to_have_text(["Welcome, everybody"], timeout=PATIENCE)


def test_a_phone_shows_one_column_and_the_way_back(people: People) -> None:
    carol = people.sign_in("carol", width=390)
    start_direct(carol, "Deniz")
    expect(carol.locator(".sidebar")).to_be_hidden()
    assert carol.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
    carol.get_by_role("button", name="Back to conversations").click()
    expect(carol.locator(".sidebar")).to_be_visible()


def test_signing_out_leads_to_the_sign_in_page(people: People) -> None:
    deniz = people.sign_in("deniz")
    deniz.get_by_role("button", name="Sign out").click()
    expect(deniz.get_by_role("heading", name="Sign in to Fawran")).to_be_visible()


def test_what_is_written_while_the_server_is_away_arrives_when_it_is_back(
    browser: Browser, tmp_path: Path
) -> None:
    port = ("--port", str(free_port()))
    with demo("daphne", tmp_path, *port) as launched:
        people = People(browser, launched)
        amal = people.sign_in("amal")
        start_direct(amal, "Carol")
        write(amal, "before")
        expect(amal.locator(".bubble")).to_have_count(1)
        expect(amal.locator(".message-foot", has_text="Sending…")).to_have_count(0)
    expect(amal.locator("#connection")).to_contain_text("Reconnecting", timeout=PATIENCE)
    write(amal, "meanwhile")
    expect(amal.locator(".message-foot", has_text="Sending…")).to_be_visible()
    with demo("daphne", tmp_path, *port):
        expect(amal.locator("#connection")).to_have_text(LABEL["daphne"], timeout=90_000)
        expect(amal.locator(".message-foot", has_text="Sending…")).to_have_count(
            0, timeout=PATIENCE
        )
        amal.reload()
        amal.locator(".entry", has_text="Carol").click()
        expect(amal.locator(".bubble")).to_have_text(["before", "meanwhile"], timeout=PATIENCE)
    amal.context.close()
