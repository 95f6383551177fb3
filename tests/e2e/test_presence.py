"""Who is there, who types, and what is new: three people, without a click of who looks on."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import PATIENCE, People, entry_of, start_direct, write
from tests.e2e.test_groups import start_group

GONE = 75_000
"""Milliseconds after which somebody whose page was closed is shown as gone, with some to spare."""


def keep_typing(until: Locator, *pages: Page) -> None:
    """Type on until somebody is shown what they are to be: a page that polls looks seldom."""
    for key in "and so on, and so forth":
        if until.count():
            break
        for page in pages:
            page.get_by_label("Message", exact=True).press_sequentially(key)
        pages[0].wait_for_timeout(500)


def unread_of(page: Page, title: str) -> Locator:
    return entry_of(page, title).locator(".unread:not(.mentioned)")


def test_typists_are_summed_up_and_vanish_and_who_left_was_last_seen(people: People) -> None:
    admin, badr, carol = (people.sign_in(name) for name in ("admin", "badr", "carol"))
    deniz = people.sign_in("deniz")
    start_direct(admin, "Deniz")
    write(admin, "Are you there?")
    dot = entry_of(admin, "Deniz").locator(".presence")
    expect(dot).to_be_visible(timeout=PATIENCE)
    # It takes most of a minute until somebody counts as gone: the others type meanwhile.
    deniz.context.close()
    start_group(admin, "Typists", "بدر", "Carol")
    write(admin, "Your turn")
    for page in (badr, carol):
        entry_of(page, "Typists").click(timeout=PATIENCE)
    shown = admin.locator("#typing")
    both = shown.filter(has_text="Carol").filter(has_text="بدر")
    keep_typing(both, badr, carol)
    expect(both).to_contain_text("are typing…")
    # One of them goes on, the other has stopped: nobody says so, they just do not type.
    keep_typing(shown.filter(has_text="بدر").filter(has_not_text="Carol"), badr)
    expect(shown).to_contain_text("بدر")
    expect(shown).not_to_contain_text("Carol")
    expect(shown).to_have_text("", timeout=PATIENCE)
    expect(dot).to_be_hidden(timeout=GONE)
    entry_of(admin, "Deniz").click(button="right")
    admin.get_by_role("menuitem", name="Profile").click()
    expect(admin.locator("#profile-presence")).to_contain_text("Last seen")


def test_unread_counts_last_lines_and_order_change_by_themselves(people: People) -> None:
    admin, badr, carol = (people.sign_in(name) for name in ("admin", "badr", "carol"))
    start_group(admin, "First", "بدر", "Deniz")
    write(admin, "one")
    start_group(carol, "Second", "بدر", "Deniz")
    write(carol, "two")
    names = badr.locator(".entry-name")
    expect(names.nth(0)).to_have_text("Second", timeout=PATIENCE)
    expect(names.nth(1)).to_have_text("First")
    write(admin, "three")
    expect(names.nth(0)).to_have_text("First", timeout=PATIENCE)
    expect(unread_of(badr, "First")).to_contain_text("2")
    expect(entry_of(badr, "First").locator(".entry-last")).to_contain_text("three")
    expect(unread_of(badr, "Second")).to_contain_text("1")
    entry_of(badr, "First").click()
    expect(unread_of(badr, "First")).to_be_hidden(timeout=PATIENCE)
    expect(unread_of(badr, "Second")).to_contain_text("1")
