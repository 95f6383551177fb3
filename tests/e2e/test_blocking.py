"""Tests of blocking: the blocker receives nothing, and the blocked person does not notice it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.people import ARTEFACTS, TIMEOUT_MS, People, entry_of, start_direct, write


def bubbles(page: Page) -> list[str]:
    return page.locator(".bubble").all_inner_texts()


def test_messages_of_a_blocked_person_are_not_shown_to_the_blocker(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    start_direct(carol, "بدر")
    write(carol, "Hello")
    entry = entry_of(badr, "Carol")
    entry.click()
    expect(badr.locator(".bubble")).to_have_text(["Hello"], timeout=TIMEOUT_MS)
    entry.click(button="right")
    badr.get_by_role("menuitem", name="Block").click()
    expect(badr.locator("#confirm-text")).to_contain_text("They are not told")
    badr.locator("#confirm-do").click()
    expect(badr.locator("#blocked-note")).to_be_visible(timeout=TIMEOUT_MS)
    expect(badr.locator("#composer")).to_be_hidden()
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    badr.screenshot(path=ARTEFACTS / "blocked.png")
    # The toast does not cover the note that stays.
    success = '.toast-note[data-kind="success"]'
    toast, note = (badr.locator(one).bounding_box() for one in (success, "#blocked-note"))
    assert toast
    assert note
    assert toast["y"] + toast["height"] <= note["y"]
    # For Carol it looks normal: the message is sent, and is there after a reload.
    write(carol, "Are you there?")
    expect(carol.locator(".bubble")).to_have_count(2, timeout=TIMEOUT_MS)
    expect(carol.locator(".message-foot", has_text="Sending…")).to_have_count(0, timeout=TIMEOUT_MS)
    expect(carol.locator(".toast-note")).to_have_count(0)
    carol.reload()
    entry_of(carol, "بدر").click()
    expect(carol.locator(".bubble")).to_have_text(["Hello", "Are you there?"], timeout=TIMEOUT_MS)
    expect(carol.locator("#composer")).to_be_visible()
    # By now Badr's page would have received the message.
    badr.reload()
    entry_of(badr, "Carol").click()
    expect(badr.locator(".bubble")).to_have_text(["Hello"], timeout=TIMEOUT_MS)
    expect(badr.locator("#blocked-note")).to_be_visible()
    badr.locator("#blocked-undo").click()
    expect(badr.locator("#composer")).to_be_visible(timeout=TIMEOUT_MS)
    write(carol, "Again?")
    expect(badr.locator(".bubble")).to_have_text(["Hello", "Again?"], timeout=TIMEOUT_MS)
    write(badr, "Yes")
    expect(carol.locator(".bubble").last).to_have_text("Yes", timeout=TIMEOUT_MS)


def test_the_profile_blocks_and_the_settings_list_and_unblock(people: People) -> None:
    amal, deniz = people.sign_in("amal"), people.sign_in("deniz")
    start_direct(amal, "Deniz")
    write(amal, "Hello")
    entry = entry_of(deniz, "أمل")
    entry.click(timeout=TIMEOUT_MS)
    entry.click(button="right")
    deniz.get_by_role("menuitem", name="Profile").click()
    deniz.locator("#profile").get_by_role("button", name="Block").click()
    deniz.locator("#confirm-do").click()
    expect(deniz.locator("#profile-presence")).to_have_text("Blocked by you", timeout=TIMEOUT_MS)
    expect(deniz.locator("#profile-chat")).to_be_hidden()
    deniz.keyboard.press("Escape")
    # Neither person is shown as online to the other.
    entry_of(amal, "Deniz").click(button="right")
    amal.get_by_role("menuitem", name="Profile").click()
    expect(amal.locator("#profile-presence")).not_to_have_text("Online")
    expect(amal.locator("#profile-presence")).to_contain_text("Last seen")
    amal.keyboard.press("Escape")
    deniz.get_by_role("button", name="Settings").click()
    deniz.get_by_role("tab", name="Blocked people").click()
    expect(deniz.locator("#blocked-people")).to_contain_text("@amal")
    deniz.screenshot(path=ARTEFACTS / "settings-blocked.png")
    deniz.locator("#blocked-people").get_by_role("button", name="Unblock").click()
    expect(deniz.locator("#blocked-people")).to_have_text("You block nobody.", timeout=TIMEOUT_MS)
    deniz.keyboard.press("Escape")
    expect(deniz.locator("#composer")).to_be_visible(timeout=TIMEOUT_MS)


def test_a_conversation_of_a_blocked_person_is_hidden_from_the_blocker(people: People) -> None:
    amal, admin = people.sign_in("amal"), people.sign_in("admin")
    start_direct(admin, "Carol")
    amal.get_by_role("button", name="New conversation").click()
    amal.keyboard.press("Escape")
    amal.evaluate(
        """async () => {
            const token = document.cookie.match(/csrftoken=([^;]*)/)[1];
            const people = await (await fetch("/api/people?q=admin")).json();
            await fetch(`/api/me/blocks/${people[0].id}`, {
                method: "PUT", headers: { "X-CSRFToken": token },
            });
        }"""
    )
    start_direct(admin, "أمل")
    write(admin, "Hello?")
    expect(admin.locator(".bubble")).to_have_text(["Hello?"], timeout=TIMEOUT_MS)
    expect(admin.locator(".message-foot", has_text="Sending…")).to_have_count(0, timeout=TIMEOUT_MS)
    amal.reload()
    expect(amal.locator("#connection")).not_to_have_attribute("data-state", "connecting")
    expect(entry_of(amal, "Admin")).to_have_count(0)
