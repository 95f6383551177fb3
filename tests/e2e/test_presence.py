"""Tests that presence, typing and unread counts update live, without a click of the observer."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import TIMEOUT_MS, People, entry_of, start_direct, write
from tests.e2e.test_groups import start_group

OFFLINE_TIMEOUT_MS = 75_000
"""Time until a person whose page was closed is shown as offline, with a margin."""


def type_until(shown: Locator, *pages: Page) -> None:
    """Type in some pages until a text is shown: a page that polls asks only every few seconds."""
    for key in "and so on, and so forth":
        if shown.count():
            break
        for page in pages:
            page.get_by_label("Message", exact=True).press_sequentially(key)
        pages[0].wait_for_timeout(500)


def unread_of(page: Page, title: str) -> Locator:
    return entry_of(page, title).locator(".unread:not(.mentioned)")


def test_typing_and_presence_are_shown_and_expire(people: People) -> None:
    admin, badr, carol = (people.sign_in(name) for name in ("admin", "badr", "carol"))
    deniz = people.sign_in("deniz")
    start_direct(admin, "Deniz")
    write(admin, "Are you there?")
    dot = entry_of(admin, "Deniz").locator(".presence")
    expect(dot).to_be_visible(timeout=TIMEOUT_MS)
    # A person counts as offline after most of a minute. The others type meanwhile.
    deniz.context.close()
    start_group(admin, "Typists", "بدر", "Carol")
    write(admin, "Your turn")
    for page in (badr, carol):
        entry_of(page, "Typists").click(timeout=TIMEOUT_MS)
    shown = admin.locator("#typing")
    both = shown.filter(has_text="Carol").filter(has_text="بدر")
    type_until(both, badr, carol)
    expect(both).to_contain_text("are typing…")
    # One of them goes on, the other stops without sending that they have stopped.
    type_until(shown.filter(has_text="بدر").filter(has_not_text="Carol"), badr)
    expect(shown).to_contain_text("بدر")
    expect(shown).not_to_contain_text("Carol")
    expect(shown).to_have_text("", timeout=TIMEOUT_MS)
    expect(dot).to_be_hidden(timeout=OFFLINE_TIMEOUT_MS)
    entry_of(admin, "Deniz").click(button="right")
    admin.get_by_role("menuitem", name="Profile").click()
    expect(admin.locator("#profile-presence")).to_contain_text("Last seen")


def test_unread_counts_last_messages_and_order_update_live(people: People) -> None:
    admin, badr, carol = (people.sign_in(name) for name in ("admin", "badr", "carol"))
    start_group(admin, "First", "بدر", "Deniz")
    write(admin, "one")
    start_group(carol, "Second", "بدر", "Deniz")
    write(carol, "two")
    names = badr.locator(".entry-name")
    expect(names.nth(0)).to_have_text("Second", timeout=TIMEOUT_MS)
    expect(names.nth(1)).to_have_text("First")
    write(admin, "three")
    expect(names.nth(0)).to_have_text("First", timeout=TIMEOUT_MS)
    expect(unread_of(badr, "First")).to_contain_text("2")
    expect(entry_of(badr, "First").locator(".entry-last")).to_contain_text("three")
    expect(unread_of(badr, "Second")).to_contain_text("1")
    entry_of(badr, "First").click()
    expect(unread_of(badr, "First")).to_be_hidden(timeout=TIMEOUT_MS)
    expect(unread_of(badr, "Second")).to_contain_text("1")
