"""Tests of the message list and of single messages, in real browsers on both servers."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.people import ARTEFACTS, TIMEOUT_MS, People, entry_of, start, start_direct, write
from tests.e2e.seed_database import message_text, seed_group
from tests.launch import Launched

COUNT = 10_000

SCROLL_UP = """async () => {
    const pane = document.getElementById("messages");
    const frames = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const seen = () => {
        const top = pane.getBoundingClientRect().top;
        return [...document.querySelectorAll(".message")].find(
            (one) => one.getBoundingClientRect().top >= top,
        );
    };
    const found = { nodes: 0, moved: 0, pages: 0 };
    while (!document.querySelector("[data-kind=start]")) {
        const length = pane.scrollHeight;
        pane.scrollTop = Math.min(pane.scrollTop, 300);
        await frames();
        const { key } = seen().dataset;
        const before = seen().getBoundingClientRect().top;
        const deadline = performance.now() + 30_000;
        while (pane.scrollHeight < length + 400 && !document.querySelector("[data-kind=start]")) {
            if (performance.now() > deadline) throw new Error("no older messages came");
            await frames();
        }
        await frames();
        const after = document.querySelector(`[data-key="${key}"]`).getBoundingClientRect().top;
        found.moved = Math.max(found.moved, Math.abs(after - before));
        found.nodes = Math.max(found.nodes, document.querySelectorAll("*").length);
        found.pages += 1;
    }
    pane.scrollTop = 0;
    await frames();
    await frames();
    return found;
}"""


def open_conversation(page: Page, title: str) -> None:
    entry_of(page, title).click(timeout=TIMEOUT_MS)


def bubble(page: Page, text: str) -> Locator:
    return page.locator(".bubble", has_text=text)


def wait_for_end_of_list(page: Page) -> None:
    page.wait_for_function(
        """() => {
            const pane = document.getElementById("messages");
            return pane.scrollHeight - pane.scrollTop - pane.clientHeight < 2;
        }"""
    )


def send_with_button(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_role("button", name="Send", exact=True).click()


@pytest.mark.long
def test_of_ten_thousand_messages_only_nearby_ones_are_in_the_dom(
    people: People, server: Launched
) -> None:
    seed_group(server.data_dir, "Ten thousand", ["carol", "amal"], messages=COUNT)
    amal = people.sign_in("amal")
    nodes = amal.evaluate("document.querySelectorAll('*').length")
    open_conversation(amal, "Ten thousand")
    expect(bubble(amal, message_text(COUNT).strip())).to_be_visible(timeout=TIMEOUT_MS)
    wait_for_end_of_list(amal)
    found: dict[str, Any] = amal.evaluate(SCROLL_UP)
    expect(bubble(amal, message_text(1).strip()).first).to_be_visible()
    assert found["pages"] > 100
    assert found["moved"] <= 1, "messages that are shown do not move"
    assert found["nodes"] < nodes + 1500
    amal.get_by_role("button", name="Jump to the latest message").click()
    expect(bubble(amal, message_text(COUNT).strip())).to_be_in_viewport()
    assert amal.locator(".message").count() < 150


def test_a_message_shows_whether_it_is_sending_sent_or_seen(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    start_direct(badr, "Carol")
    badr.context.set_offline(True)
    write(badr, "On its way")
    state = badr.locator(".message", has_text="On its way").locator(".message-state")
    expect(state).to_contain_text("Sending…")
    badr.context.set_offline(False)
    expect(state).to_have_attribute("data-state", "sent", timeout=TIMEOUT_MS * 2)
    open_conversation(carol, "بدر")
    expect(bubble(carol, "On its way")).to_be_visible(timeout=TIMEOUT_MS)
    expect(state).to_have_attribute("data-state", "seen", timeout=TIMEOUT_MS)
    expect(state).to_have_text("Seen")


def test_a_group_message_shows_who_has_seen_it(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    badr.get_by_role("button", name="New conversation").click()
    for name in ("Carol", "Deniz"):
        badr.locator("#picker .person", has_text=name).click()
    badr.get_by_label("Name of the group").fill("Seen by whom")
    start(badr)
    write(badr, "Read me")
    open_conversation(carol, "Seen by whom")
    seen = badr.get_by_role("button", name="Seen by 1")
    expect(seen).to_be_visible(timeout=TIMEOUT_MS)
    seen.hover()
    expect(badr.get_by_role("tooltip")).to_have_text("\u2068Carol Jones\u2069")
    badr.keyboard.press("Escape")
    expect(badr.locator("#seen-names")).to_be_hidden()
    badr.mouse.move(5, 5)
    seen.focus()
    expect(badr.get_by_role("tooltip")).to_be_visible()


@pytest.mark.parametrize(
    ("locale", "why", "edit", "field"),
    [
        ("en-GB", "turn the reading direction round", "Edit", "Message"),
        ("ar", "تقلب اتجاه القراءة", "تعديل", "رسالة"),
    ],
)
def test_a_refused_message_shows_the_reason_and_can_be_edited(
    people: People, locale: str, why: str, edit: str, field: str
) -> None:
    deniz = people.sign_in("deniz", locale=locale)
    deniz.evaluate("document.getElementById('new-conversation').click()")
    deniz.locator("#picker .person", has_text="Carol").click()
    deniz.locator("#picker-start").click()
    expect(deniz.locator("#picker")).to_be_hidden(timeout=TIMEOUT_MS)
    composer = deniz.get_by_label(field, exact=True)
    composer.fill("photo_\u202egpj.exe")
    composer.press("Enter")
    failed = deniz.locator(".message.is-failed")
    expect(failed.locator(".message-trouble")).to_contain_text(why, timeout=TIMEOUT_MS)
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    deniz.screenshot(path=ARTEFACTS / f"refused-{locale}.png")
    failed.get_by_role("button", name=edit).click()
    expect(failed).to_have_count(0)
    expect(composer).to_have_value("photo_\u202egpj.exe")
    composer.fill("")


def test_a_failed_message_can_be_sent_again(people: People) -> None:
    badr = people.sign_in("badr")
    start_direct(badr, "Deniz")
    write(badr, "e" + "\u0301" * 100)
    failed = badr.locator(".message.is-failed")
    expect(failed).to_contain_text("too many marks", timeout=TIMEOUT_MS)
    failed.get_by_role("button", name="Try again").click()
    expect(failed).to_contain_text("too many marks", timeout=TIMEOUT_MS)
    failed.get_by_role("button", name="Edit").click()
    expect(failed).to_have_count(0)


def test_a_text_that_is_too_long_is_reported_and_kept(people: People) -> None:
    badr = people.sign_in("badr")
    start_direct(badr, "Deniz")
    # An emoji is one character, as on the server.
    too_long = "👍" * 4_001
    write(badr, too_long)
    expect(badr.get_by_role("alert").filter(has_text="4,000 characters")).to_be_visible()
    expect(badr.get_by_label("Message", exact=True)).to_have_value(too_long)
    expect(badr.locator("#composer-length")).to_have_text("4,001 of 4,000 characters")
    write(badr, "👍" * 4_000)
    expect(badr.get_by_label("Message", exact=True)).to_have_value("")
    expect(badr.locator("#composer-problem")).to_have_text("")


def test_a_blank_message_is_not_sent(people: People) -> None:
    badr = people.sign_in("badr")
    start_direct(badr, "Carol")
    expect(badr.locator(".top-mark[data-kind=start]")).to_be_attached()
    before = badr.locator(".message").count()
    for blank in ("", "   ", "\n\t\n"):
        write(badr, blank)
    assert badr.locator(".message").count() == before
    write(badr, "\u200b\u200b")
    expect(badr.locator(".message-trouble")).to_contain_text("nothing to read", timeout=TIMEOUT_MS)
    badr.locator(".message-trouble").get_by_role("button", name="Edit").click()


def test_links_code_emoji_and_lines_are_formatted_and_markup_is_text(people: People) -> None:
    amal = people.sign_in("amal")
    start_direct(amal, "Deniz")
    write(
        amal,
        "See https://example.org/a?b=1, or javascript:alert(1)\n"
        "مرحبا `x < y`\n```js\nlet a = '<b>';\n```",
    )
    last = amal.locator(".bubble").last
    link = last.locator("a")
    expect(link).to_have_count(1)
    expect(link).to_have_attribute("href", "https://example.org/a?b=1")
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", "noopener noreferrer nofollow")
    expect(last.locator(".line code")).to_have_text("x < y")
    expect(last.locator("pre")).to_have_text("let a = '<b>';")
    expect(last.locator("b")).to_have_count(0)
    directions = last.locator(".line").evaluate_all(
        "lines => lines.map((line) => getComputedStyle(line).direction)"
    )
    assert directions == ["ltr", "rtl"], "each line has its own direction"
    write(amal, "🎉👍")
    emoji = amal.locator(".bubble.is-emoji", has_text="🎉👍")
    expect(emoji.locator("xpath=..").locator(".message-state")).to_have_attribute(
        "data-state", "sent", timeout=TIMEOUT_MS
    )
    assert emoji.evaluate("one => parseFloat(getComputedStyle(one).fontSize)") > 30


def test_a_name_that_is_html_is_shown_as_text(people: People) -> None:
    amal, badr = people.sign_in("amal"), people.sign_in("badr")
    name = "<img src=x onerror=alert(1)>"
    amal.get_by_role("button", name="New conversation").click()
    for person in ("بدر", "Deniz"):
        amal.locator("#picker .person", has_text=person).click()
    amal.get_by_label("Name of the group").fill(name)
    start(amal)
    expect(amal.locator("#conversation-name")).to_have_text(name)
    expect(badr.locator(".entry-name", has_text=name)).to_be_visible(timeout=TIMEOUT_MS)
    assert (
        amal.locator("img:not(#viewer-image)").count()
        == badr.locator("img:not(#viewer-image)").count()
        == 0
    )


def test_a_draft_survives_a_reload_and_is_shared_by_all_tabs(people: People) -> None:
    amal = people.sign_in("amal")
    start_direct(amal, "Carol")
    field = amal.get_by_label("Message", exact=True)
    field.fill("Not yet finished")
    start_direct(amal, "Deniz")
    expect(field).to_have_value("")
    other = amal.context.new_page()
    other.goto(people.server.url)
    open_conversation(other, "Carol")
    other_field = other.get_by_label("Message", exact=True)
    expect(other_field).to_have_value("Not yet finished")
    open_conversation(amal, "Carol")
    expect(field).to_have_value("Not yet finished")
    other_field.fill("Now it is finished")
    expect(field).to_have_value("Now it is finished")
    other_field.press("Enter")
    expect(field).to_have_value("")
    expect(bubble(amal, "Now it is finished")).to_be_visible(timeout=TIMEOUT_MS)
    other.close()
    amal.reload()
    open_conversation(amal, "Carol")
    expect(field).to_have_value("")


def test_a_draft_and_a_queued_message_survive_the_end_of_a_session(people: People) -> None:
    amal = people.sign_in("amal")
    start_direct(amal, "بدر")
    amal.context.set_offline(True)
    write(amal, "Sent without a network")
    expect(amal.locator(".message-foot", has_text="Sending…")).to_be_visible()
    amal.get_by_label("Message", exact=True).fill("Typed without a session")
    amal.context.clear_cookies()
    amal.close()
    amal.context.set_offline(False)
    amal = amal.context.new_page()
    amal.goto(people.server.url)
    amal.locator("#id_username").fill("amal")
    amal.locator("#id_password").fill("amal123")
    amal.locator(".login-card [type=submit]").click()
    open_conversation(amal, "بدر")
    expect(amal.get_by_label("Message", exact=True)).to_have_value("Typed without a session")
    sent = amal.locator(".message", has_text="Sent without a network")
    expect(sent).to_have_count(1, timeout=TIMEOUT_MS)
    expect(sent.locator(".message-state")).not_to_have_attribute(
        "data-state", "sending", timeout=TIMEOUT_MS
    )
    amal.get_by_label("Message", exact=True).fill("")


def test_unread_messages_begin_at_a_line_and_a_button_shows_the_latest(
    people: People, server: Launched
) -> None:
    seed_group(server.data_dir, "New lines", ["carol", "deniz"], messages=80)
    carol, deniz = people.sign_in("carol"), people.sign_in("deniz")
    open_conversation(carol, "New lines")
    for number in range(25):
        write(carol, f"new {number}")
    entry = entry_of(deniz, "New lines")
    expect(entry.locator(".unread:not(.mentioned)")).to_have_text("25", timeout=TIMEOUT_MS)
    entry.click()
    line = deniz.locator(".unread-mark")
    expect(line).to_be_in_viewport()
    expect(bubble(deniz, "new 0").first).to_be_in_viewport()
    latest = deniz.get_by_role("button", name="Jump to the latest message")
    latest.click()
    expect(bubble(deniz, "new 24")).to_be_in_viewport()
    expect(latest).to_be_hidden()
    expect(entry.locator(".unread:not(.mentioned)")).to_be_hidden(timeout=TIMEOUT_MS)
    deniz.locator("#messages").evaluate("pane => pane.scrollBy(0, -600)")
    write(carol, "one more")
    counted = deniz.get_by_role("button", name="1 new message: jump to the latest")
    expect(counted).to_be_visible(timeout=TIMEOUT_MS)
    expect(bubble(deniz, "one more")).not_to_be_in_viewport()
    expect(entry.locator(".unread:not(.mentioned)")).to_have_text("1", timeout=TIMEOUT_MS)
    counted.click()
    expect(bubble(deniz, "one more")).to_be_in_viewport()
    expect(entry.locator(".unread:not(.mentioned)")).to_be_hidden(timeout=TIMEOUT_MS)


def test_a_message_is_shown_under_its_day_with_its_exact_time(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    badr.get_by_role("button", name="New conversation").click()
    for name in ("Carol", "Deniz"):
        badr.locator("#picker .person", has_text=name).click()
    badr.get_by_label("Name of the group").fill("Days")
    start(badr)
    write(badr, "first")
    write(badr, "second")
    open_conversation(carol, "Days")
    expect(bubble(carol, "second")).to_be_visible(timeout=TIMEOUT_MS)
    expect(carol.locator(".day")).to_have_text(["Today"])
    expect(carol.locator(".message-sender")).to_have_count(1)
    expect(carol.locator(".message .avatar")).to_have_count(1)
    time = carol.locator(".message time").first
    exact = time.get_attribute("title")
    assert exact
    assert len(exact) > len("12:00")
    expect(time.locator(".visually-hidden")).to_have_text(exact)


def test_a_failed_load_of_messages_is_reported_and_retried(people: People) -> None:
    carol = people.sign_in("carol")
    start_direct(carol, "Deniz")
    write(carol, "kept")
    expect(carol.locator(".message-state[data-state=sending]")).to_have_count(0, timeout=TIMEOUT_MS)
    carol.reload()

    def fail(route: Route) -> None:
        route.abort()

    carol.route("**/messages*", fail)
    open_conversation(carol, "Deniz")
    mark = carol.locator(".top-mark")
    expect(mark).to_contain_text("could not be loaded")
    again = mark.get_by_role("button", name="Try again")
    again.click()
    expect(mark).to_contain_text("could not be loaded")
    carol.unroute("**/messages*", fail)
    # A page that polls also retries by itself, and may be faster than this click.
    again.or_(bubble(carol, "kept")).first.click()
    expect(bubble(carol, "kept")).to_be_visible()


def test_on_a_touch_screen_enter_starts_a_line_and_the_button_sends(people: People) -> None:
    carol = people.sign_in("carol", width=390, touch=True)
    start_direct(carol, "أمل")
    field = carol.get_by_label("Message", exact=True)
    field.tap()
    before = field.bounding_box()
    field.press_sequentially("one")
    field.press("Enter")
    field.press_sequentially("two")
    expect(field).to_have_value("one\ntwo")
    after = field.bounding_box()
    assert before
    assert after
    assert after["height"] > before["height"], "the field grows with its text"
    carol.get_by_role("button", name="Send", exact=True).tap()
    lines = carol.locator(".bubble").last.locator(".line")
    expect(lines).to_have_text(["one", "two"])


def test_a_keyboard_on_the_screen_does_not_cover_the_composer(people: People) -> None:
    carol = people.sign_in("carol", width=390, touch=True)
    start_direct(carol, "بدر")
    for number in range(15):
        send_with_button(carol, f"line {number}")
    # `interactive-widget=resizes-content` does this when the keyboard opens.
    carol.set_viewport_size({"width": 390, "height": 360})
    expect(carol.get_by_label("Message", exact=True)).to_be_in_viewport(ratio=1)
    expect(bubble(carol, "line 14").last).to_be_in_viewport(ratio=1)
    wait_for_end_of_list(carol)
