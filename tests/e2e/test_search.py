"""Tests of the search, on both servers: by keyboard and mouse, in both languages, old messages."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.people import ARTEFACTS, TIMEOUT_MS, People, start_direct, write


def open_search(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()


def test_an_old_message_is_found_by_keyboard_and_shown(people: People) -> None:
    amal = people.sign_in("amal")
    start_direct(amal, "Deniz")
    write(amal, "المدرسة مفتوحة needle")
    expect(amal.locator(".message")).to_have_count(1)
    expect(amal.locator(".message.is-sending")).to_have_count(0, timeout=TIMEOUT_MS)
    amal.evaluate(
        """async () => {
            const token = document.cookie.split("csrftoken=")[1].split(";")[0];
            const all = await (await fetch("/api/conversations")).json();
            const { id } = all.find((one) => one.last_message?.text.includes("needle"));
            for (let number = 0; number < 130; number += 1) {
                await fetch(`/api/conversations/${id}/messages`, {
                    method: "POST",
                    headers: { "X-CSRFToken": token, "Content-Type": "application/json" },
                    body: JSON.stringify({ client_id: crypto.randomUUID(), text: `hay ${number}` }),
                });
            }
        }"""
    )
    amal.reload()
    expect(amal.locator(".entry").first).to_be_visible(timeout=TIMEOUT_MS)
    open_search(amal)
    amal.keyboard.type("المدرسه")
    expect(amal.locator(".found mark")).to_have_text("المدرسة", timeout=TIMEOUT_MS)
    expect(amal.locator("#search-status")).to_have_text("1 result")
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    amal.screenshot(path=ARTEFACTS / "search.png")
    amal.keyboard.press("Enter")
    message = amal.locator(".message", has_text="needle")
    expect(message).to_be_in_viewport(timeout=TIMEOUT_MS)
    expect(message).to_be_focused()
    expect(amal.locator("#search-list")).to_be_hidden()


def test_people_and_conversations_are_found_and_chosen(people: People) -> None:
    badr = people.sign_in("badr")
    badr.get_by_role("button", name="New conversation").click()
    for name in ("Carol", "Deniz"):
        badr.locator("#picker .person", has_text=name).click()
    badr.get_by_label("Name of the group").fill("Carols and more")
    badr.get_by_role("button", name="Start").click()
    expect(badr.locator("#picker")).to_be_hidden(timeout=TIMEOUT_MS)
    open_search(badr)
    badr.keyboard.type("CAROL")
    options = badr.get_by_role("option")
    expect(options).to_have_count(2, timeout=TIMEOUT_MS)
    expect(options.nth(0)).to_have_attribute("aria-selected", "true")
    badr.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    active = badr.get_by_role("combobox").get_attribute("aria-activedescendant")
    assert active == options.nth(1).get_attribute("id")
    badr.keyboard.press("Enter")
    expect(badr.locator("#conversation-name")).to_have_text("Carols and more")
    open_search(badr)
    badr.keyboard.type("carol")
    options.first.click()
    expect(badr.locator("#conversation-members")).to_have_text("@carol", timeout=TIMEOUT_MS)


def test_an_empty_result_is_announced_and_escape_shows_the_conversations(people: People) -> None:
    carol = people.sign_in("carol")
    start_direct(carol, "Deniz")
    open_search(carol)
    carol.keyboard.type("zzzzzz")
    expect(carol.locator("#search-status")).to_have_text("Nothing was found.", timeout=TIMEOUT_MS)
    expect(carol.locator("#conversations")).to_be_hidden()
    carol.keyboard.press("Escape")
    expect(carol.locator("#conversations")).to_be_visible()
    expect(carol.get_by_role("combobox")).to_have_value("")


def test_markup_in_a_search_result_is_shown_as_text(people: People) -> None:
    deniz = people.sign_in("deniz")
    start_direct(deniz, "Carol")
    write(deniz, "<img src=x onerror=alert(1)> findme")
    open_search(deniz)
    deniz.keyboard.type("findme")
    expect(deniz.locator(".found-excerpt")).to_have_text(
        "<img src=x onerror=alert(1)> findme", timeout=TIMEOUT_MS
    )
    assert deniz.locator(".found img").count() == 0


def test_a_phone_searches_in_arabic(people: People) -> None:
    amal = people.sign_in("amal", width=390, locale="ar")
    amal.get_by_role("combobox").fill("ديني")
    amal.get_by_role("combobox").fill("deniz")
    expect(amal.get_by_role("option").first).to_be_visible(timeout=TIMEOUT_MS)
    amal.screenshot(path=ARTEFACTS / "search-phone.png")
    assert amal.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
