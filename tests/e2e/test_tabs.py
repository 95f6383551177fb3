"""Several tabs of one person: they agree, and only one of them makes a noise."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import PATIENCE, People, entry_of, start_direct, write

on_daphne = pytest.mark.parametrize("server", ["daphne"], indirect=True)

RECORD = """() => {
    window.told = { sounds: 0, notifications: [] };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...when) {
        window.told.sounds += 1;
        return start.apply(this, when);
    };
    window.Notification = class {
        static permission = "granted";
        static requestPermission = async () => {
            window.told.asked = true;
            return "granted";
        };
        constructor(title, options) {
            window.told.notifications.push({ title, ...options });
            window.told.last = this;
        }
        close() {}
    };
    let hidden = false;
    Object.defineProperty(document, "hidden", { get: () => hidden });
    window.hide = (is) => {
        hidden = is;
        document.dispatchEvent(new Event("visibilitychange"));
    };
}"""
"""What a page tells, and whether it is looked at: neither can be had from a browser without
a screen."""

NOTES = 2
"""Notes of the sound of a message."""


def tabs(people: People, username: str) -> tuple[Page, Page]:
    """Sign somebody in, with two tabs."""
    first = people.sign_in(username)
    first.context.add_init_script(f"({RECORD})()")
    first.reload()
    second = people.another_tab(first.context)
    for tab in (first, second):
        expect(tab.locator("#connection")).not_to_have_attribute("data-state", "connecting")
        tab.locator("#preferences-open").click()
        tab.keyboard.press("Escape")
    return first, second


def sounds(*pages: Page) -> int:
    return sum(int(page.evaluate("told.sounds")) for page in pages)


def notifications(*pages: Page) -> list[dict[str, str]]:
    return [one for page in pages for one in page.evaluate("told.notifications")]


def wish_for_notifications(page: Page) -> None:
    page.locator("#preferences-open").click()
    page.locator("#tab-notifications").click()
    page.locator("#notifications").check()
    page.keyboard.press("Escape")


def arrived(text: str, *pages: Page) -> None:
    for page in pages:
        expect(page.locator(".entry-last", has_text=text)).to_have_count(1, timeout=PATIENCE)


def unread(tab: Page) -> Locator:
    return entry_of(tab, "Carol").locator(".unread:visible")


def test_one_tab_of_two_sounds_for_a_message(people: People) -> None:
    first, second = tabs(people, "badr")
    admin = people.sign_in("admin")
    start_direct(admin, "بدر")
    write(admin, "Two tabs, one sound")
    arrived("Two tabs, one sound", first, second)
    assert sounds(first, second) == NOTES


def test_what_is_read_or_deleted_in_one_tab_is_so_in_the_other(people: People) -> None:
    first, second = tabs(people, "badr")
    carol = people.sign_in("carol")
    start_direct(carol, "بدر")
    write(carol, "Read me")
    arrived("Read me", first, second)
    for tab in (first, second):
        expect(unread(tab)).to_have_text("1", timeout=PATIENCE)
        assert tab.title().startswith("(")
    entry_of(first, "Carol").click()
    expect(unread(second)).to_have_count(0, timeout=PATIENCE)
    first.locator("#details-open").click()
    first.locator("#details-delete").click()
    first.locator("#confirm-do").click()
    expect(entry_of(second, "Carol")).to_have_count(0, timeout=PATIENCE)


@on_daphne
def test_title_and_icon_count_what_is_unread_and_nothing_else(people: People) -> None:
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    icon = carol.locator("link[rel=icon]")
    start_direct(amal, "Carol")
    write(amal, "Count me")
    expect(carol).to_have_title(re.compile(r"^\(1\) "), timeout=PATIENCE)
    expect(icon).to_have_attribute("href", re.compile("^data:image/png"))
    entry_of(carol, "أمل").click()
    expect(carol).not_to_have_title(re.compile(r"^\("), timeout=PATIENCE)
    expect(icon).to_have_attribute("href", re.compile(r"\.svg$"))


def test_settings_of_one_tab_are_those_of_the_other(people: People) -> None:
    first, second = tabs(people, "deniz")
    first.locator("#preferences-open").click()
    first.locator("#tab-appearance").click()
    first.locator("#theme").select_option("dark")
    first.locator("#tab-notifications").click()
    first.locator("#volume-message").fill("0.3")
    first.locator("#sound-sent").uncheck()
    expect(second.locator("html")).to_have_attribute("data-bs-theme", "dark")
    second.locator("#preferences-open").click()
    second.locator("#tab-notifications").click()
    expect(second.locator("#volume-message")).to_have_value("0.3")
    expect(second.locator("#sound-sent")).not_to_be_checked()
    expect(second.locator("#volume-sent")).to_be_disabled()


@on_daphne
def test_a_hidden_page_notifies_once_and_a_click_opens_the_conversation(people: People) -> None:
    first, second = tabs(people, "deniz")
    assert not first.evaluate("told.asked"), "nobody is asked unless they want it"
    wish_for_notifications(first)
    assert first.evaluate("told.asked")
    admin = people.sign_in("admin")
    start_direct(admin, "Deniz")
    write(admin, "You are looking")
    arrived("You are looking", first, second)
    first.evaluate("hide(true)")
    write(admin, "One of your tabs is")
    arrived("One of your tabs is", first, second)
    assert notifications(first, second) == []
    second.evaluate("hide(true)")
    write(admin, "You are elsewhere")
    arrived("You are elsewhere", first, second)
    expect(admin.locator(".message-foot", has_text="Sending…")).to_have_count(0)
    [shown] = notifications(first, second)
    assert shown["title"] == "Admin"
    assert "You are elsewhere" in shown["body"]
    teller = first if notifications(first) else second
    teller.evaluate("told.last.onclick()")
    expect(teller.locator("#conversation-name")).to_have_text("Admin")


@on_daphne
@pytest.mark.parametrize("wish", ["mute", "quiet"])
def test_a_muted_conversation_and_a_wish_for_quiet_are_silent(people: People, wish: str) -> None:
    carol = people.sign_in("carol")
    carol.add_init_script(f"({RECORD})()")
    carol.reload()
    start_direct(carol, "Admin")
    wish_for_notifications(carol)
    opener, switch = {
        "mute": ("#details-open", "#details-mute"),
        "quiet": ("#preferences-open", "#quiet"),
    }[wish]
    carol.locator(opener).click()
    carol.locator(switch).check()
    carol.keyboard.press("Escape")
    carol.evaluate("hide(true)")
    admin = people.sign_in("admin")
    start_direct(admin, "Carol")
    write(admin, f"Silence, {wish}")
    arrived(f"Silence, {wish}", carol)
    assert sounds(carol) == 0
    assert notifications(carol) == []
    expect(carol.locator(".toast-note")).to_have_count(0)


@on_daphne
def test_sounds_are_not_made_twice_in_a_second_and_have_their_own_volumes(people: People) -> None:
    deniz = people.sign_in("deniz")
    deniz.add_init_script(f"({RECORD})()")
    deniz.reload()
    deniz.locator("#preferences-open").click()
    deniz.locator("#tab-notifications").click()
    deniz.clock.install()
    slider = deniz.locator("#volume-message")
    for _step in range(3):
        slider.press("ArrowLeft")
    assert sounds(deniz) == NOTES
    # Another kind is another sound.
    deniz.locator("#volume-sent").press("ArrowRight")
    assert sounds(deniz) == NOTES + 1
