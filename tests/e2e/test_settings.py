"""Tests of the settings: keyboard, phone, profile, devices and password."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import ARTEFACTS, TIMEOUT_MS, People, entry_of, start_direct, write

TABS = ["Profile", "Appearance", "Notifications", "Devices", "Password", "Blocked people"]


def open_settings(page: Page, tab: str = "") -> None:
    page.locator("#preferences-open").click()
    expect(page.locator("#preferences")).to_be_visible()
    if tab:
        page.locator(f"#tab-{tab}").click()
        expect(page.locator(f"#panel-{tab}")).to_be_visible()


def test_the_settings_work_by_keyboard(people: People) -> None:
    amal = people.sign_in("amal")
    amal.locator("#preferences-open").focus()
    amal.keyboard.press("Enter")
    tabs = amal.get_by_role("tab")
    expect(tabs).to_have_text(TABS)
    tabs.first.focus()
    for key, index in (("ArrowDown", 1), ("ArrowRight", 2), ("End", 5), ("ArrowDown", 0)):
        amal.keyboard.press(key)
        expect(tabs.nth(index)).to_be_focused()
        expect(tabs.nth(index)).to_have_attribute("aria-selected", "true")
        expect(amal.get_by_role("tabpanel")).to_have_count(1)
        expect(amal.get_by_role("tabpanel", name=TABS[index])).to_be_visible()
    amal.keyboard.press("Tab")
    expect(amal.locator("#account-name")).to_be_focused()
    amal.keyboard.press("Escape")
    expect(amal.locator("#preferences-open")).to_be_focused()


def test_arrow_keys_are_reversed_in_arabic(people: People) -> None:
    amal = people.sign_in("amal", locale="ar")
    open_settings(amal, "profile")
    amal.keyboard.press("ArrowLeft")
    expect(amal.locator("#tab-appearance")).to_be_focused()
    amal.keyboard.press("ArrowRight")
    expect(amal.locator("#tab-profile")).to_be_focused()


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_every_settings_tab_fits_a_phone(people: People, locale: str) -> None:
    carol = people.sign_in("carol", width=390, locale=locale)
    open_settings(carol)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    for tab in ("profile", "appearance", "notifications", "devices", "password", "blocked"):
        carol.locator(f"#tab-{tab}").click()
        panel = carol.locator(f"#panel-{tab}")
        expect(panel).to_be_visible()
        assert panel.evaluate("panel => panel.scrollWidth <= panel.clientWidth"), tab
        carol.screenshot(path=ARTEFACTS / f"settings-{tab}-{locale}.png")


def test_a_new_name_shows_at_once_and_to_others_with_the_next_message(
    people: People,
) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    start_direct(carol, "بدر")
    write(carol, "Hello")
    expect(entry_of(badr, "Carol Jones")).to_be_visible(timeout=TIMEOUT_MS)
    open_settings(carol, "profile")
    expect(carol.locator("#account-name")).to_have_value("Carol Jones")
    carol.locator("#account-name").fill("Carol <i>Smith</i>")
    carol.locator("#account-about").fill("Of the north")
    carol.locator("#panel-profile").get_by_role("button", name="Save").click()
    expect(carol.locator(".me-name")).to_have_text("Carol <i>Smith</i>", timeout=TIMEOUT_MS)
    carol.keyboard.press("Escape")
    write(carol, "It is still me")
    expect(entry_of(badr, "Carol <i>Smith</i>")).to_be_visible(timeout=TIMEOUT_MS)
    open_settings(carol, "profile")
    carol.locator("#account-name").fill("Carol Jones")
    carol.keyboard.press("Enter")
    expect(carol.locator(".me-name")).to_have_text("Carol Jones", timeout=TIMEOUT_MS)


def test_a_device_is_signed_out_from_another(people: People) -> None:
    here, there = people.sign_in("amal"), people.sign_in("amal")
    open_settings(here, "devices")
    expect(here.locator("#devices")).to_contain_text("This device")
    expect(here.locator("#devices")).to_contain_text("Chrome\u2069 on")
    here.screenshot(path=ARTEFACTS / "settings-devices.png")
    here.get_by_role("button", name="Sign out everywhere else").click()
    expect(there.get_by_role("heading", name="Sign in to Fawran")).to_be_visible(timeout=TIMEOUT_MS)
    expect(here.locator("#devices > li")).to_have_count(1)
    expect(here.locator("#connection")).not_to_have_attribute("data-state", "connecting")


def test_changing_the_password_keeps_this_session_and_ends_the_others(people: People) -> None:
    here, there = people.sign_in("deniz"), people.sign_in("deniz")
    start_direct(here, "Carol")
    here.get_by_label("Message", exact=True).fill("Not yet sent")
    open_settings(here, "password")
    for field, value in (("old", "deniz123"), ("new", "short"), ("again", "shorter")):
        here.locator(f"#password-{field}").fill(value)
    here.keyboard.press("Enter")
    error = here.locator("#account-password-error")
    expect(error).to_have_text("The two new passwords differ.")
    here.locator("#password-again").fill("short")
    here.keyboard.press("Enter")
    expect(error).to_contain_text("too short", timeout=TIMEOUT_MS)
    for field in ("new", "again"):
        here.locator(f"#password-{field}").fill("quite another one")
    here.keyboard.press("Enter")
    expect(here.locator("#toasts")).to_contain_text("Your password is changed", timeout=TIMEOUT_MS)
    expect(there.get_by_role("heading", name="Sign in to Fawran")).to_be_visible(timeout=TIMEOUT_MS)
    here.keyboard.press("Escape")
    expect(here.get_by_label("Message", exact=True)).to_have_value("Not yet sent")
    here.keyboard.press("Tab")
    write(here, "Sent after it")
    expect(here.locator(".bubble").last).to_have_text("Sent after it", timeout=TIMEOUT_MS)
    expect(here.locator(".message-foot", has_text="Sending…")).to_have_count(0, timeout=TIMEOUT_MS)
