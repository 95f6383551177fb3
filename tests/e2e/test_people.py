"""Tests of the menu of a person, the profile, toasts, and deleting conversations."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.people import ARTEFACTS, TIMEOUT_MS, People, entry_of, start, start_direct, write

MENU = "#menu:not([hidden])"


def start_group(page: Page, title: str, *names: str) -> None:
    page.get_by_role("button", name="New conversation").click()
    for name in names:
        page.locator("#picker .person", has_text=name).click()
    page.get_by_label("Name of the group").fill(title)
    start(page)


def is_menu_in_viewport(page: Page) -> bool:
    """Return whether the whole menu is inside the window."""
    return bool(
        page.locator("#menu").evaluate(
            """menu => {
                const { left, top, right, bottom } = menu.getBoundingClientRect();
                return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
            }"""
        )
    )


def test_a_right_click_on_a_name_leads_to_profile_and_private_chat(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    start_group(badr, "Menu group", "Carol", "Deniz")
    write(badr, "Hello, all of you")
    entry_of(carol, "Menu group").click()
    sender = carol.locator(".message-sender", has_text="بدر")
    sender.click(button="right")
    expect(carol.locator(MENU)).to_be_visible()
    items = carol.get_by_role("menuitem")
    expect(items).to_have_text(["Profile", "Private chat", "Copy details", "Block"])
    carol.get_by_role("menuitem", name="Profile").click()
    expect(carol.locator("#profile-username")).to_have_text("@badr")
    expect(carol.locator("#profile-presence")).to_have_text("Online", timeout=TIMEOUT_MS)
    expect(carol.locator("#profile-shared")).to_contain_text("Menu group")
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    carol.screenshot(path=ARTEFACTS / "profile.png")
    carol.locator("#profile").get_by_role("button", name="Private chat").click()
    expect(carol.locator("#profile")).to_be_hidden()
    expect(carol.locator("#conversation-members")).to_have_text("@badr")


def test_every_name_has_a_menu(people: People) -> None:
    amal, deniz = people.sign_in("amal"), people.sign_in("deniz")
    start_group(amal, "Names", "Deniz", "Carol")
    write(amal, "Who answers?")
    entry_of(deniz, "Names").click()
    found = deniz.locator(".message[data-seq]:not([data-seq=''])", has_text="Who answers?")
    expect(found).to_be_visible(timeout=TIMEOUT_MS)
    found.click(button="right")
    deniz.get_by_role("menuitem", name="Reply").click()
    write(deniz, "I do")
    amal.get_by_role("button", name="About this conversation").click()
    amal.get_by_role("button", name="Make \u2068Deniz Kaya\u2069 the owner").click()
    amal.locator("#confirm-do").click()
    notice = deniz.locator(".notice bdi", has_text="Deniz")
    expect(notice).to_be_visible(timeout=TIMEOUT_MS)
    deniz.locator("#search").fill("admin")
    person = deniz.locator(".found .found-name", has_text="Admin")
    expect(person).to_be_visible(timeout=TIMEOUT_MS)
    names = {
        ".quote-name": "أمل",
        ".notice bdi": "Deniz",
        ".me-name": "Deniz",
    }
    for selector, name in names.items():
        deniz.locator(selector).first.click(button="right")
        expect(deniz.locator(MENU)).to_have_attribute("aria-label", re.compile(name))
        deniz.keyboard.press("Escape")
        expect(deniz.locator("#menu")).to_be_hidden()
    # A search result has the menu too; then the search field has the focus again.
    deniz.locator("#search").focus()
    person.click(button="right")
    expect(deniz.locator(MENU)).to_have_attribute("aria-label", re.compile("Admin"))
    deniz.keyboard.press("Escape")
    expect(deniz.locator("#search")).to_be_focused()


def test_the_menu_works_by_keyboard_and_returns_the_focus(people: People) -> None:
    badr = people.sign_in("badr")
    start_direct(badr, "Carol")
    entry = entry_of(badr, "Carol")
    entry.focus()
    badr.keyboard.press("Shift+F10")
    items = badr.get_by_role("menuitem")
    expect(items.first).to_be_focused()
    assert is_menu_in_viewport(badr)
    for key, index in (("ArrowDown", 1), ("End", 3), ("ArrowDown", 0), ("ArrowUp", 3)):
        badr.keyboard.press(key)
        expect(items.nth(index)).to_be_focused()
    badr.keyboard.press("Escape")
    expect(badr.locator("#menu")).to_be_hidden()
    expect(entry).to_be_focused()
    badr.keyboard.press("ContextMenu")
    expect(badr.locator(MENU)).to_be_visible()
    badr.keyboard.press("Enter")
    expect(badr.locator("#profile-name")).to_have_text("Carol Jones")
    badr.keyboard.press("Escape")
    expect(badr.locator("#profile")).to_be_hidden()


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
@pytest.mark.parametrize("zoom", [1, 2, 4])
def test_the_menu_is_never_off_the_screen(people: People, locale: str, zoom: int) -> None:
    page = people.sign_in("carol", locale=locale)
    page.locator("#new-conversation").click()
    page.locator("#picker .person", has_text="Deniz").click()
    page.locator("#picker-start").click()
    expect(page.locator("#picker")).to_be_hidden(timeout=TIMEOUT_MS)
    # At 200 % zoom, a window has half as many CSS pixels in each direction.
    page.set_viewport_size({"width": 1100 // zoom, "height": 720 // zoom})
    # A button with a person in each corner: only the position matters.
    page.evaluate(
        """() => {
            const { person } = document.getElementById("conversation-title").dataset;
            for (const [name, x, y] of [["a", 0, 0], ["b", 1, 0], ["c", 0, 1], ["d", 1, 1]]) {
                const corner = document.createElement("button");
                corner.id = `corner-${name}`;
                corner.dataset.person = person;
                Object.assign(corner.style, {
                    position: "fixed", zIndex: 99, width: "24px", height: "24px",
                    left: x ? "calc(100vw - 24px)" : "0", top: y ? "calc(100vh - 24px)" : "0",
                });
                document.body.append(corner);
            }
        }"""
    )
    for name in "abcd":
        page.locator(f"#corner-{name}").click(button="right")
        expect(page.locator(MENU)).to_be_visible()
        assert is_menu_in_viewport(page), name
        page.keyboard.press("Escape")
        expect(page.locator("#menu")).to_be_hidden()


def test_a_long_press_opens_the_menu_on_a_phone(people: People) -> None:
    carol = people.sign_in("carol", width=390, touch=True)
    start_direct(carol, "بدر")
    carol.get_by_role("button", name="Back to conversations").click()
    box = entry_of(carol, "بدر").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    devtools = carol.context.new_cdp_session(carol)
    touch = {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    devtools.send("Input.dispatchTouchEvent", touch)
    expect(carol.locator(MENU)).to_be_visible()
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(carol.locator(MENU)).to_be_visible()
    assert is_menu_in_viewport(carol)
    # The long press is not a tap: it does not open the conversation under it.
    expect(carol.locator("#chat")).not_to_have_class("chat is-open")


def test_details_are_copied_with_and_without_permission(people: People) -> None:
    amal = people.sign_in("amal")
    amal.context.grant_permissions(["clipboard-read", "clipboard-write"])
    start_direct(amal, "Carol")
    entry = entry_of(amal, "Carol")
    for forbidden in (False, True):
        if forbidden:
            amal.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
            amal.evaluate("() => navigator.clipboard.write([])")
        entry.click(button="right")
        amal.get_by_role("menuitem", name="Copy details").click()
        expect(amal.locator("#toasts")).to_contain_text("Copied.")
        assert amal.evaluate("navigator.clipboard.readText()") == "Carol Jones\n@carol"
        amal.get_by_role("button", name="Dismiss").click()


def test_a_direct_conversation_is_deleted_for_both(people: People) -> None:
    amal, deniz = people.sign_in("amal"), people.sign_in("deniz")
    start_direct(amal, "Deniz")
    write(amal, "This will go")
    entry_of(deniz, "أمل").click()
    expect(deniz.locator(".bubble").last).to_have_text("This will go", timeout=TIMEOUT_MS)
    amal.get_by_role("button", name="About this conversation").click()
    amal.get_by_role("button", name="Delete for good").click()
    expect(amal.locator("#confirm-text")).to_contain_text("for both of you")
    expect(amal.get_by_role("button", name="Cancel")).to_be_focused()
    amal.keyboard.press("Escape")
    expect(amal.locator(".bubble").last).to_have_text("This will go")
    amal.get_by_role("button", name="About this conversation").click()
    amal.get_by_role("button", name="Delete for good").click()
    amal.locator("#confirm-do").click()
    expect(amal.locator("#toasts")).to_contain_text("was deleted", timeout=TIMEOUT_MS)
    for page, other in ((amal, "Deniz"), (deniz, "أمل")):
        expect(entry_of(page, other)).to_have_count(0, timeout=TIMEOUT_MS)
        expect(page.locator("#nothing-open")).to_be_visible()
    expect(deniz.locator("#toasts .toast-note[data-kind=info]")).to_have_count(1)


def test_only_its_owner_can_delete_a_group(people: People) -> None:
    badr, deniz = people.sign_in("badr"), people.sign_in("deniz")
    start_group(badr, "Owned", "Deniz", "Carol")
    entry_of(deniz, "Owned").click()
    deniz.get_by_role("button", name="About this conversation").click()
    expect(deniz.locator("#details-people .owner")).to_have_text("Owner")
    expect(deniz.locator("#details-delete")).to_be_hidden()
    deniz.keyboard.press("Escape")
    badr.get_by_role("button", name="About this conversation").click()
    badr.get_by_role("button", name="Delete for good").click()
    expect(badr.locator("#confirm-text")).to_contain_text("for all 3 members")
    badr.locator("#confirm-do").click()
    expect(entry_of(deniz, "Owned")).to_have_count(0, timeout=TIMEOUT_MS)


def test_a_toast_stays_while_the_mouse_is_over_it_and_then_disappears(people: People) -> None:
    amal = people.sign_in("amal")
    amal.clock.install()
    start_direct(amal, "بدر")
    entry_of(amal, "بدر").click(button="right")
    amal.get_by_role("menuitem", name="Copy details").click()
    toast = amal.locator(".toast-note")
    expect(toast).to_have_count(1)
    toast.hover()
    amal.clock.fast_forward(60_000)
    expect(toast).to_have_count(1)
    amal.mouse.move(5, 5)
    amal.clock.fast_forward(60_000)
    expect(toast).to_have_count(0)


def test_a_conversation_has_one_toast_and_a_click_on_it_opens_it(people: People) -> None:
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    start_direct(amal, "Deniz")
    start_direct(carol, "أمل")
    for text in ("First of two", "Second of two"):
        write(carol, text)
    toast = amal.locator(".toast-note")
    expect(toast).to_contain_text("Second of two", timeout=TIMEOUT_MS)
    expect(toast).to_have_count(1)
    toast.get_by_role("button", name="Second of two").click()
    expect(amal.locator("#conversation-name")).to_have_text("Carol Jones")
    expect(toast).to_have_count(0)


def test_the_page_is_in_arabic_from_right_to_left(people: People) -> None:
    amal = people.sign_in("amal", locale="ar")
    assert amal.locator("html").get_attribute("dir") == "rtl"
    expect(amal.get_by_role("button", name="محادثة جديدة")).to_be_visible()
    sidebar, main = (amal.locator(one).bounding_box() for one in (".sidebar", ".conversation"))
    assert sidebar
    assert main
    assert sidebar["x"] > main["x"], "the sidebar is on the right"
    assert amal.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
    amal.screenshot(path=ARTEFACTS / "arabic.png")
    amal.get_by_role("button", name="English").click()
    expect(amal.get_by_role("button", name="New conversation")).to_be_visible()
