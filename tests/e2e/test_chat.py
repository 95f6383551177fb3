"""Tests of the chat between two people in real browsers, on both servers."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from reference_app.serving.processes import free_port
from tests.e2e.people import (
    ARTEFACTS,
    LABEL,
    TIMEOUT_MS,
    People,
    entry_of,
    start,
    start_direct,
    write,
)
from tests.launch import Launched, demo


def message_texts(page: Page) -> list[str]:
    return page.locator(".bubble").all_inner_texts()


@pytest.mark.parametrize("server", ["daphne", "gunicorn"], indirect=True)
def test_two_people_chat_and_see_each_other_type(people: People, server: Launched) -> None:
    name: str = server.name  # type: ignore[attr-defined]
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    for page in (amal, carol):
        expect(page.locator("#connection")).to_have_text(LABEL[name], timeout=TIMEOUT_MS)
    start_direct(amal, "Carol")
    write(amal, "Hello Carol, the figures are in.")
    write(amal, "مرحبا كارول، وصلت الأرقام.")
    entry_of(carol, "أمل").click()
    expect(carol.locator(".bubble")).to_have_count(2, timeout=TIMEOUT_MS)
    shown = amal.locator("#typing", has_text="Carol Jones\u2069 is typing…")
    # Carol keeps typing: a page that polls may ask only after 5 s.
    for key in "At last":
        carol.get_by_label("Message", exact=True).press_sequentially(key)
        carol.wait_for_timeout(0 if shown.count() else 1000)
    expect(shown).to_be_visible(timeout=TIMEOUT_MS)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for page, who in ((amal, "amal"), (carol, "carol")):
        page.screenshot(path=ARTEFACTS / f"{name}-{who}.png")
    carol.keyboard.press("Enter")
    expect(amal.locator(".bubble")).to_have_count(3, timeout=TIMEOUT_MS)
    expect(amal.locator("#typing")).to_have_text("", timeout=TIMEOUT_MS)
    expect(amal.locator(".entry-last")).to_have_text("At last", timeout=TIMEOUT_MS)
    assert message_texts(amal) == message_texts(carol)
    amal.reload()
    entry_of(amal, "Carol").click()
    expect(amal.locator(".bubble")).to_have_count(3, timeout=TIMEOUT_MS)


def test_markup_in_a_message_is_shown_as_text(people: People) -> None:
    badr = people.sign_in("badr")
    start_direct(badr, "Deniz")
    write(badr, "<img src=x onerror=alert(1)><b>bold</b>")
    expect(badr.locator(".bubble").last).to_have_text("<img src=x onerror=alert(1)><b>bold</b>")
    assert badr.locator(".bubble img, .bubble b").count() == 0


def test_a_group_is_started_and_reaches_everybody(people: People) -> None:
    admin, badr = people.sign_in("admin"), people.sign_in("badr")
    admin.get_by_role("button", name="New conversation").click()
    for name in ("بدر", "Carol"):
        admin.locator(".person", has_text=name).click()
    admin.get_by_label("Name of the group").fill("Launch")
    start(admin)
    write(admin, "Welcome, everybody")
    entry_of(badr, "Launch").click()
    expect(badr.locator(".bubble")).to_have_text(["Welcome, everybody"], timeout=TIMEOUT_MS)


def test_a_phone_shows_one_column_and_a_back_button(people: People) -> None:
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


def test_messages_written_while_the_server_is_down_are_sent_afterwards(
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
    expect(amal.locator("#connection")).to_contain_text("Reconnecting", timeout=TIMEOUT_MS)
    write(amal, "meanwhile")
    expect(amal.locator(".message-foot", has_text="Sending…")).to_be_visible()
    with demo("daphne", tmp_path, *port):
        expect(amal.locator("#connection")).to_have_text(LABEL["daphne"], timeout=90_000)
        expect(amal.locator(".message-foot", has_text="Sending…")).to_have_count(
            0, timeout=TIMEOUT_MS
        )
        amal.reload()
        entry_of(amal, "Carol").click()
        expect(amal.locator(".bubble")).to_have_text(["before", "meanwhile"], timeout=TIMEOUT_MS)
    amal.context.close()
