"""Tests of several tabs of one person: they stay equal, and only one plays a sound or notifies."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Error, Locator, Page, Route, expect

from tests.e2e.people import TIMEOUT_MS, People, entry_of, start_direct, write
from tests.e2e.recording import RECORD, TONES_PER_SOUND, played_tones, shown_notifications

on_daphne = pytest.mark.parametrize("server", ["daphne"], indirect=True)

OPENS_HIDDEN = "window.opensHidden = true"
NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })"
"""Removes Web Locks, which a browser has only on a secure origin."""


def two_tabs(people: People, username: str) -> tuple[Page, Page]:
    """Sign a person in, and return two tabs of one browser."""
    first = people.sign_in(username)
    first.context.add_init_script(f"({RECORD})()")
    first.reload()
    second = people.open_tab(first.context)
    for tab in (first, second):
        expect(tab.locator("#connection")).not_to_have_attribute("data-state", "connecting")
        tab.locator("#preferences-open").click()
        tab.keyboard.press("Escape")
    return first, second


def enable_notifications(page: Page) -> None:
    page.locator("#preferences-open").click()
    page.locator("#tab-notifications").click()
    page.locator("#notifications").check()
    page.keyboard.press("Escape")


def allow_sound(tab: Page) -> None:
    """Wait for the connection, and click, as browsers require before a sound."""
    expect(tab.locator("#connection")).not_to_have_attribute("data-state", "connecting")
    tab.mouse.click(2, 2)
    expect(tab.locator("html")).to_have_attribute("data-can-sound", "")


def open_tabs(people: People, username: str, number: int, *scripts: str) -> list[Page]:
    """Open fresh tabs of a person who wants notifications; `scripts` run before each page's own.

    All are visible: a headless browser hides no tab.
    """
    first = people.sign_in(username)
    first.context.grant_permissions(["notifications"])
    enable_notifications(first)
    for script in (*scripts, f"({RECORD})()"):
        first.context.add_init_script(script)
    first.reload()
    tabs = [first]
    allow_sound(first)
    for _ in range(1, number):
        tabs.append(people.open_tab(first.context))
        allow_sound(tabs[-1])
    return tabs


def hide(*tabs: Page) -> None:
    for tab in tabs:
        tab.evaluate("hide(true)")


def show_and_hide(tab: Page) -> None:
    """Show a tab and hide it again."""
    tab.evaluate("hide(false)")
    tab.evaluate("hide(true)")


def wait_for_decision(*tabs: Page) -> None:
    """Wait until the tabs have decided whether they announce what has arrived.

    A page asks its browser twice, whether it is to announce and whether a tab is visible, and the
    browser answers in order.
    """
    for tab in tabs:
        tab.evaluate("navigator.locks?.query().then(() => navigator.locks.query())")


def close_and_wait(tab: Page, left: Page) -> None:
    """Close a tab, and wait until the other one knows and has decided what to announce."""
    names = tab.evaluate("navigator.locks.query().then(({ held }) => held.map((one) => one.name))")
    tab.close()
    left.evaluate(
        "(names) => Promise.race(names.map((name) => navigator.locks.request(name,"
        " { mode: 'shared' }, () => {})))",
        names,
    )
    wait_for_decision(left)


def expect_announced(announcing: Page, *silent: Page) -> None:
    """Wait for one sound and one notification of one tab, and check that the others are silent."""
    page = announcing.locator("html")
    expect(page).to_have_attribute("data-sounds", str(TONES_PER_SOUND), timeout=TIMEOUT_MS)
    expect(page).to_have_attribute("data-notifications", "1", timeout=TIMEOUT_MS)
    wait_for_decision(announcing, *silent)
    assert (played_tones(announcing), len(shown_notifications(announcing))) == (TONES_PER_SOUND, 1)
    assert (played_tones(*silent), shown_notifications(*silent)) == (0, [])


def send_to(people: People, name: str, text: str, *tabs: Page) -> None:
    """Send a message from the administrator; wait until the tabs have received it."""
    admin = people.sign_in("admin")
    start_direct(admin, name)
    write(admin, text)
    wait_for_text(text, *tabs)


def wait_for_text(text: str, *pages: Page) -> None:
    for page in pages:
        expect(page.locator(".entry-last", has_text=text)).to_have_count(1, timeout=TIMEOUT_MS)


def unread(tab: Page) -> Locator:
    return entry_of(tab, "Carol").locator(".unread:visible")


def test_one_tab_of_two_sounds_for_a_message(people: People) -> None:
    first, second = two_tabs(people, "badr")
    admin = people.sign_in("admin")
    start_direct(admin, "بدر")
    write(admin, "Two tabs, one sound")
    wait_for_text("Two tabs, one sound", first, second)
    wait_for_decision(first, second)
    assert played_tones(first, second) == TONES_PER_SOUND


def test_a_single_visible_tab_makes_one_sound_and_shows_no_notification(people: People) -> None:
    [tab] = open_tabs(people, "badr", 1)
    send_to(people, "بدر", "One visible tab", tab)
    expect(tab.locator("html")).to_have_attribute(
        "data-sounds", str(TONES_PER_SOUND), timeout=TIMEOUT_MS
    )
    wait_for_decision(tab)
    assert (played_tones(tab), shown_notifications(tab)) == (TONES_PER_SOUND, [])


def test_a_single_hidden_tab_makes_one_sound_and_shows_one_notification(people: People) -> None:
    [tab] = open_tabs(people, "badr", 1)
    hide(tab)
    send_to(people, "بدر", "One hidden tab", tab)
    expect_announced(tab)


def test_a_single_tab_announces_after_it_was_reloaded(people: People) -> None:
    [tab] = open_tabs(people, "badr", 1)
    tab.reload()
    allow_sound(tab)
    hide(tab)
    send_to(people, "بدر", "One reloaded tab", tab)
    expect_announced(tab)


@on_daphne
def test_a_single_tab_that_opened_hidden_announces(people: People) -> None:
    [tab] = open_tabs(people, "badr", 1, OPENS_HIDDEN)
    send_to(people, "بدر", "Never looked at", tab)
    expect_announced(tab)


@on_daphne
def test_a_single_tab_that_opened_hidden_announces_after_it_was_shown(people: People) -> None:
    [tab] = open_tabs(people, "badr", 1, OPENS_HIDDEN)
    show_and_hide(tab)
    send_to(people, "بدر", "Looked at later", tab)
    expect_announced(tab)


@on_daphne
def test_a_single_tab_announces_without_web_locks(people: People) -> None:
    [tab] = open_tabs(people, "badr", 1, NO_LOCKS)
    hide(tab)
    send_to(people, "بدر", "No locks", tab)
    expect_announced(tab)


def test_of_two_hidden_tabs_the_one_that_was_visible_last_announces(people: People) -> None:
    first, second = open_tabs(people, "badr", 2)
    hide(first, second)
    show_and_hide(first)
    send_to(people, "بدر", "Two hidden tabs", first, second)
    expect_announced(first, second)


@pytest.mark.parametrize("closed", [0, 1], ids=["first", "second"])
def test_one_of_two_tabs_announces_after_the_other_was_closed(people: People, closed: int) -> None:
    tabs = open_tabs(people, "badr", 2)
    hide(*tabs)
    tabs.pop(closed).close()
    [left] = tabs
    send_to(people, "بدر", f"Tab {closed} is closed", left)
    expect_announced(left)


@on_daphne
def test_when_the_announcing_tab_closes_the_one_visible_before_it_takes_over(
    people: People,
) -> None:
    first, second, third = open_tabs(people, "badr", 3)
    hide(first, second, third)
    for tab in (first, second, third):
        show_and_hide(tab)
    third.close()
    send_to(people, "بدر", "The third is closed", first, second)
    expect_announced(second, first)


@on_daphne
@pytest.mark.parametrize("address", ["about:blank", "chrome://crash"], ids=["leaves", "crashes"])
def test_another_tab_takes_over_when_the_announcing_one(people: People, address: str) -> None:
    first, second = open_tabs(people, "badr", 2)
    hide(first, second)
    if address == "chrome://crash":
        with second.expect_event("crash"), pytest.raises(Error):
            second.goto(address)
    else:
        second.goto(address)
    send_to(people, "بدر", f"Instead of {address}", first)
    expect_announced(first)


@on_daphne
def test_a_frozen_tab_leaves_announcing_to_another_until_it_resumes(people: People) -> None:
    first, second = open_tabs(people, "badr", 2)
    hide(first, second)
    second.evaluate("document.dispatchEvent(new Event('freeze'))")
    send_to(people, "بدر", "While frozen", first)
    expect_announced(first, second)
    second.evaluate("document.dispatchEvent(new Event('resume'))")
    send_to(people, "بدر", "After it resumed", first, second)
    expect_announced(second)
    assert len(shown_notifications(first)) == 1


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)
@pytest.mark.parametrize("closes", [True, False], ids=["closes", "receives"])
def test_a_message_that_the_announcing_tab_has_not_received_yet_is_announced_once(
    people: People, closes: bool
) -> None:
    first, second = open_tabs(people, "badr", 2)
    hide(first, second)
    held: list[Route] = []
    is_held = True

    def hold(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            route.continue_()

    second.route("**/api/sync?*", hold)
    text = f"Before it {'closes' if closes else 'receives'}"
    send_to(people, "بدر", text, first)
    wait_for_decision(first)
    assert (played_tones(first, second), shown_notifications(first, second)) == (0, [])
    if closes:
        second.close()
        expect_announced(first)
    else:
        is_held = False
        for route in held:
            route.continue_()
        wait_for_text(text, second)
        expect_announced(second, first)
        close_and_wait(second, first)
        assert (played_tones(first), shown_notifications(first)) == (0, [])


def test_reading_or_deleting_in_one_tab_updates_the_other(people: People) -> None:
    first, second = two_tabs(people, "badr")
    carol = people.sign_in("carol")
    start_direct(carol, "بدر")
    write(carol, "Read me")
    wait_for_text("Read me", first, second)
    for tab in (first, second):
        expect(unread(tab)).to_have_text("1", timeout=TIMEOUT_MS)
        assert tab.title().startswith("(")
    entry_of(first, "Carol").click()
    expect(unread(second)).to_have_count(0, timeout=TIMEOUT_MS)
    first.locator("#details-open").click()
    first.locator("#details-delete").click()
    first.locator("#confirm-do").click()
    expect(entry_of(second, "Carol")).to_have_count(0, timeout=TIMEOUT_MS)


@on_daphne
def test_title_and_icon_count_unread_messages_only(people: People) -> None:
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    icon = carol.locator("link[rel=icon]")
    start_direct(amal, "Carol")
    write(amal, "Count me")
    expect(carol).to_have_title(re.compile(r"^\(1\) "), timeout=TIMEOUT_MS)
    expect(icon).to_have_attribute("href", re.compile("^data:image/png"))
    entry_of(carol, "أمل").click()
    expect(carol).not_to_have_title(re.compile(r"^\("), timeout=TIMEOUT_MS)
    expect(icon).to_have_attribute("href", re.compile(r"\.svg$"))


def test_settings_changed_in_one_tab_apply_in_the_other(people: People) -> None:
    first, second = two_tabs(people, "deniz")
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
    first, second = two_tabs(people, "deniz")
    assert not first.evaluate("recorded.asked"), "the page requests the permission only if asked to"
    enable_notifications(first)
    assert first.evaluate("recorded.asked")
    admin = people.sign_in("admin")
    start_direct(admin, "Deniz")
    write(admin, "You are looking")
    wait_for_text("You are looking", first, second)
    first.evaluate("hide(true)")
    write(admin, "One of your tabs is")
    wait_for_text("One of your tabs is", first, second)
    wait_for_decision(first, second)
    assert shown_notifications(first, second) == []
    second.evaluate("hide(true)")
    write(admin, "You are elsewhere")
    wait_for_text("You are elsewhere", first, second)
    wait_for_decision(first, second)
    [shown] = shown_notifications(first, second)
    assert shown["title"] == "Admin"
    assert "You are elsewhere" in shown["body"]
    announcing = first if shown_notifications(first) else second
    announcing.evaluate("recorded.last.onclick()")
    expect(announcing.locator("#conversation-name")).to_have_text("Admin")


@on_daphne
@pytest.mark.parametrize("setting", ["mute", "quiet"])
def test_a_muted_conversation_and_do_not_disturb_are_silent(people: People, setting: str) -> None:
    carol = people.sign_in("carol")
    carol.add_init_script(f"({RECORD})()")
    carol.reload()
    start_direct(carol, "Admin")
    enable_notifications(carol)
    opener, switch = {
        "mute": ("#details-open", "#details-mute"),
        "quiet": ("#preferences-open", "#quiet"),
    }[setting]
    carol.locator(opener).click()
    carol.locator(switch).check()
    carol.keyboard.press("Escape")
    carol.evaluate("hide(true)")
    admin = people.sign_in("admin")
    start_direct(admin, "Carol")
    write(admin, f"Silence, {setting}")
    wait_for_text(f"Silence, {setting}", carol)
    assert played_tones(carol) == 0
    assert shown_notifications(carol) == []
    expect(carol.locator(".toast-note")).to_have_count(0)


@on_daphne
def test_a_sound_is_not_repeated_within_a_second_and_has_its_own_volume(people: People) -> None:
    deniz = people.sign_in("deniz")
    deniz.add_init_script(f"({RECORD})()")
    deniz.reload()
    deniz.locator("#preferences-open").click()
    deniz.locator("#tab-notifications").click()
    deniz.clock.install()
    slider = deniz.locator("#volume-message")
    for _step in range(3):
        slider.press("ArrowLeft")
    assert played_tones(deniz) == TONES_PER_SOUND
    # Another kind of event has its own sound.
    deniz.locator("#volume-sent").press("ArrowRight")
    assert played_tones(deniz) == TONES_PER_SOUND + 1
