"""Blocking, from both sides: the blocker has quiet, and the blocked person sees nothing of it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.people import ARTEFACTS, PATIENCE, People, entry_of, start_direct, write


def bubbles(page: Page) -> list[str]:
    return page.locator(".bubble").all_inner_texts()


def test_a_blocked_person_writes_on_and_the_blocker_sees_none_of_it(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    start_direct(carol, "بدر")
    write(carol, "Hello")
    entry = entry_of(badr, "Carol")
    entry.click()
    expect(badr.locator(".bubble")).to_have_text(["Hello"], timeout=PATIENCE)
    entry.click(button="right")
    badr.get_by_role("menuitem", name="Block").click()
    expect(badr.locator("#confirm-text")).to_contain_text("They are not told")
    badr.locator("#confirm-do").click()
    expect(badr.locator("#blocked-note")).to_be_visible(timeout=PATIENCE)
    expect(badr.locator("#composer")).to_be_hidden()
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    badr.screenshot(path=ARTEFACTS / "blocked.png")
    # What the toast says does not hide what stays to be read.
    said = '.toast-note[data-kind="success"]'
    toast, note = (badr.locator(one).bounding_box() for one in (said, "#blocked-note"))
    assert toast
    assert note
    assert toast["y"] + toast["height"] <= note["y"]
    # To her it looks as always: sent, and there after a reload.
    write(carol, "Are you there?")
    expect(carol.locator(".bubble")).to_have_count(2, timeout=PATIENCE)
    expect(carol.locator(".message-foot", has_text="Sending…")).to_have_count(0, timeout=PATIENCE)
    expect(carol.locator(".toast-note")).to_have_count(0)
    carol.reload()
    entry_of(carol, "بدر").click()
    expect(carol.locator(".bubble")).to_have_text(["Hello", "Are you there?"], timeout=PATIENCE)
    expect(carol.locator("#composer")).to_be_visible()
    # By now his page would have heard of it.
    badr.reload()
    entry_of(badr, "Carol").click()
    expect(badr.locator(".bubble")).to_have_text(["Hello"], timeout=PATIENCE)
    expect(badr.locator("#blocked-note")).to_be_visible()
    badr.locator("#blocked-undo").click()
    expect(badr.locator("#composer")).to_be_visible(timeout=PATIENCE)
    write(carol, "Again?")
    expect(badr.locator(".bubble")).to_have_text(["Hello", "Again?"], timeout=PATIENCE)
    write(badr, "Yes")
    expect(carol.locator(".bubble").last).to_have_text("Yes", timeout=PATIENCE)


def test_a_profile_blocks_and_the_settings_list_and_unblock(people: People) -> None:
    amal, deniz = people.sign_in("amal"), people.sign_in("deniz")
    start_direct(amal, "Deniz")
    write(amal, "Hello")
    entry = entry_of(deniz, "أمل")
    entry.click(timeout=PATIENCE)
    entry.click(button="right")
    deniz.get_by_role("menuitem", name="Profile").click()
    deniz.locator("#profile").get_by_role("button", name="Block").click()
    deniz.locator("#confirm-do").click()
    expect(deniz.locator("#profile-presence")).to_have_text("Blocked by you", timeout=PATIENCE)
    expect(deniz.locator("#profile-chat")).to_be_hidden()
    deniz.keyboard.press("Escape")
    # Neither is told to be here.
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
    expect(deniz.locator("#blocked-people")).to_have_text("You block nobody.", timeout=PATIENCE)
    deniz.keyboard.press("Escape")
    expect(deniz.locator("#composer")).to_be_visible(timeout=PATIENCE)


def test_a_blocked_person_who_starts_a_conversation_talks_to_themselves(people: People) -> None:
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
    expect(admin.locator(".bubble")).to_have_text(["Hello?"], timeout=PATIENCE)
    expect(admin.locator(".message-foot", has_text="Sending…")).to_have_count(0, timeout=PATIENCE)
    amal.reload()
    expect(amal.locator("#connection")).not_to_have_attribute("data-state", "connecting")
    expect(entry_of(amal, "Admin")).to_have_count(0)
