"""Tests of the actions on messages: edit, remove, reply, react, mention; on both servers."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.people import ARTEFACTS, TIMEOUT_MS, People, entry_of, start, start_direct, write

MENU = "#menu:not([hidden])"


def message(page: Page, text: str | re.Pattern[str]) -> Locator:
    """Return the last message with a text that the server has stored."""
    return page.locator(".message[data-seq]:not([data-seq=''])", has_text=text).last


def overlap(one: Locator, other: Locator) -> bool:
    """Return whether two elements cover each other."""
    a, b = one.bounding_box(), other.bounding_box()
    assert a
    assert b
    return all(
        a[start] < b[start] + b[size] and b[start] < a[start] + a[size]
        for start, size in (("x", "width"), ("y", "height"))
    )


def use_toolbar(page: Page, text: str, name: str) -> None:
    """Click a button in the toolbar of a message."""
    found = message(page, text)
    found.locator(".bubble").hover()
    found.get_by_role("toolbar").get_by_role("button", name=name).click()


def start_group(page: Page, title: str, *names: str) -> None:
    page.get_by_role("button", name="New conversation").click()
    for name in names:
        page.locator("#picker .person", has_text=name).click()
    page.get_by_label("Name of the group").fill(title)
    start(page)


def field(page: Page) -> Locator:
    return page.get_by_label("Message", exact=True)


def test_a_message_is_edited_for_everybody(people: People) -> None:
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    start_direct(amal, "Carol")
    write(amal, "The meting is at nine")
    entry_of(carol, "أمل").click()
    expect(message(carol, "The meting")).to_be_visible(timeout=TIMEOUT_MS)
    expect(message(amal, "The meting")).to_be_visible(timeout=TIMEOUT_MS)
    # The arrow key edits the user's last message; Escape returns to the draft.
    field(amal).focus()
    amal.keyboard.press("ArrowUp")
    expect(amal.locator("#composer-about")).to_have_text("Editing your message")
    expect(field(amal)).to_have_value("The meting is at nine")
    amal.keyboard.press("Escape")
    expect(amal.locator("#composer-context")).to_be_hidden()
    expect(field(amal)).to_have_value("")
    amal.keyboard.press("ArrowUp")
    field(amal).fill("The meeting is at nine")
    amal.keyboard.press("Enter")
    for page in (amal, carol):
        expect(message(page, "The meeting is at nine")).to_contain_text(
            "edited", timeout=TIMEOUT_MS
        )
        expect(page.locator(".entry-last", has_text="The meeting")).to_be_visible()
    expect(amal.locator("#composer-context")).to_be_hidden()
    expect(field(amal)).to_have_value("")
    # Another person's message has no edit button.
    found = message(carol, "The meeting")
    found.locator(".bubble").hover()
    expect(found.get_by_role("toolbar").get_by_role("button")).to_have_count(2)


def test_the_toolbar_of_a_message_covers_nothing(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    start_group(badr, "Toolbars", "Carol", "Deniz")
    write(badr, "A word")
    write(badr, "As many words as leave no room next to the message " * 6)
    entry_of(carol, "Toolbars").click()
    for text in ("A word", "As many words"):
        found = message(carol, text)
        found.locator(".bubble").hover()
        tools = found.get_by_role("toolbar")
        expect(tools).to_be_visible(timeout=TIMEOUT_MS)
        for other in (found.locator(".bubble"), carol.locator(".message-sender")):
            assert not overlap(tools, other), text
    carol.locator(".message-sender").click(button="right")
    expect(carol.locator(MENU)).to_have_attribute("aria-label", re.compile("بدر"))


def test_a_message_is_removed_for_everybody_after_confirmation(people: People) -> None:
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    start_direct(amal, "Carol")
    write(amal, "Not meant for you")
    entry_of(carol, "أمل").click()
    expect(message(carol, "Not meant")).to_be_visible(timeout=TIMEOUT_MS)
    use_toolbar(amal, "Not meant", "Remove")
    expect(amal.locator("#confirm-text")).to_contain_text("gone for everybody")
    amal.locator("#confirm-do").click()
    for page in (amal, carol):
        expect(page.locator(".bubble.is-removed").last).to_have_text(
            "This message was removed.", timeout=TIMEOUT_MS
        )
        for shown in (".bubble", ".entry-last"):
            expect(page.locator(shown, has_text="Not meant for you")).to_have_count(0)
        expect(page.locator(".entry-last.is-removed")).to_be_visible()
    carol.reload()
    entry_of(carol, "أمل").click()
    expect(carol.locator(".bubble.is-removed").last).to_be_visible(timeout=TIMEOUT_MS)


def test_a_reply_quotes_the_message_and_leads_to_it(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    start_group(badr, "Quotes", "Carol", "Deniz")
    write(badr, "Who brings the tea?")
    entry_of(carol, "Quotes").click()
    expect(message(carol, "Who brings")).to_be_visible(timeout=TIMEOUT_MS)
    use_toolbar(carol, "Who brings", "Reply")
    expect(carol.locator("#composer-about")).to_contain_text("Replying to")
    expect(field(carol)).to_be_focused()
    write(carol, "I do")
    expect(carol.locator("#composer-context")).to_be_hidden()
    quote = message(badr, "I do").locator(".quote")
    expect(quote).to_contain_text("بدر العلي", timeout=TIMEOUT_MS)
    expect(quote).to_contain_text("Who brings the tea?")
    quote.click()
    expect(message(badr, re.compile("^(?!.*I do).*Who brings", re.DOTALL))).to_be_focused()
    # The quote changes when the message is removed.
    badr.evaluate("document.activeElement.blur()")
    first = badr.locator(".message.is-mine").first
    first.locator(".bubble").hover()
    first.get_by_role("button", name="Remove").click()
    badr.locator("#confirm-do").click()
    expect(message(carol, "I do").locator(".quote")).to_contain_text(
        "This message was removed.", timeout=TIMEOUT_MS
    )


def test_reactions_are_added_joined_and_removed(people: People) -> None:
    amal, deniz = people.sign_in("amal"), people.sign_in("deniz")
    start_direct(amal, "Deniz")
    write(amal, "We have won")
    entry_of(deniz, "أمل").click()
    expect(message(deniz, "We have won")).to_be_visible(timeout=TIMEOUT_MS)
    use_toolbar(deniz, "We have won", "React")
    grid = deniz.get_by_role("menuitem")
    expect(grid.first).to_be_focused()
    deniz.keyboard.press("ArrowRight")
    deniz.keyboard.press("ArrowDown")
    expect(deniz.get_by_role("menuitem", name="🎉")).to_be_focused()
    deniz.keyboard.press("Enter")
    chip = message(amal, "We have won").locator(".reaction")
    expect(chip).to_have_attribute("aria-pressed", "false", timeout=TIMEOUT_MS)
    expect(chip).to_have_attribute("aria-label", re.compile("🎉: .*Deniz Kaya"))
    chip.click()
    for page in (amal, deniz):
        found = message(page, "We have won").locator(".reaction")
        expect(found).to_have_text("🎉2", timeout=TIMEOUT_MS)
        expect(found).to_have_attribute("aria-pressed", "true")
    message(deniz, "We have won").locator(".reaction").click()
    expect(message(amal, "We have won").locator(".reaction")).to_have_text(
        "🎉1", timeout=TIMEOUT_MS
    )


def test_a_mention_is_completed_and_notifies_the_person(people: People) -> None:
    badr, carol = people.sign_in("badr"), people.sign_in("carol")
    start_group(badr, "Mentions", "Carol", "Deniz")
    # A page that polls receives a group it has just joined as it is at that moment.
    expect(entry_of(carol, "Mentions")).to_be_visible(timeout=TIMEOUT_MS)
    field(badr).press_sequentially("Dear @jon")
    options = badr.get_by_role("option")
    expect(options).to_have_count(1)
    expect(options).to_have_attribute("aria-selected", "true")
    expect(field(badr)).to_have_attribute("aria-activedescendant", re.compile("mention-"))
    badr.keyboard.press("Escape")
    expect(badr.get_by_role("listbox")).to_be_hidden()
    field(badr).fill("")
    field(badr).press_sequentially("Dear @")
    expect(options).to_have_count(2)
    badr.keyboard.press("ArrowDown")
    badr.keyboard.press("ArrowUp")
    field(badr).press_sequentially("car")
    badr.keyboard.press("Tab")
    expect(field(badr)).to_have_value("Dear @carol ")
    expect(field(badr)).to_be_focused()
    field(badr).press_sequentially("and @den")
    badr.keyboard.press("Enter")
    expect(field(badr)).to_have_value("Dear @carol and @deniz ")
    badr.keyboard.press("Enter")
    expect(message(badr, "Dear").locator(".mention")).to_have_text(["@carol", "@deniz"])
    toast = carol.locator(".toast-note[data-kind=mention]", has_text="mentioned you")
    expect(toast).to_be_visible(timeout=TIMEOUT_MS)
    entry = entry_of(carol, "Mentions")
    expect(entry.locator(".mentioned")).to_be_visible()
    carol.reload()
    expect(entry.locator(".mentioned")).to_be_visible(timeout=TIMEOUT_MS)
    entry.click()
    expect(message(carol, "Dear").locator(".mention.is-me")).to_have_text("@carol")
    expect(entry.locator(".mentioned")).to_be_hidden(timeout=TIMEOUT_MS)
    message(carol, "Dear").locator(".mention", has_text="deniz").click(button="right")
    expect(carol.locator(MENU)).to_have_attribute("aria-label", re.compile("Deniz Kaya"))


def test_a_mention_in_a_muted_conversation_shows_only_a_badge(people: People) -> None:
    badr, deniz = people.sign_in("badr"), people.sign_in("deniz")
    start_group(badr, "Muted", "Carol", "Deniz")
    start_direct(deniz, "Carol")
    entry_of(deniz, "Muted").click()
    deniz.get_by_role("button", name="About this conversation").click()
    deniz.get_by_label("Mute this conversation").check()
    deniz.keyboard.press("Escape")
    entry_of(deniz, "Carol Jones").click()
    write(badr, "@deniz are you there?")
    entry = entry_of(deniz, "Muted")
    expect(entry.locator(".mentioned")).to_be_visible(timeout=TIMEOUT_MS)
    expect(deniz.locator(".toast-note")).to_have_count(0)


def test_a_message_can_be_used_with_the_keyboard_alone(people: People) -> None:
    carol = people.sign_in("carol")
    start_direct(carol, "بدر")
    for text in ("First of three", "Second of three", "Third of three"):
        write(carol, text)
    expect(message(carol, "Third of three")).to_be_visible(timeout=TIMEOUT_MS)
    carol.mouse.move(0, 0)  # a message under the mouse has a toolbar too
    field(carol).focus()
    carol.keyboard.press("Shift+Tab")
    expect(carol.locator("#attach")).to_be_focused()
    carol.keyboard.press("Shift+Tab")
    expect(message(carol, "Third of three")).to_be_focused()
    carol.keyboard.press("ArrowUp")
    expect(message(carol, "Second of three")).to_be_focused()
    expect(carol.get_by_role("toolbar")).to_have_count(1)
    carol.keyboard.press("Shift+F10")
    items = carol.get_by_role("menuitem")
    expect(items).to_have_text(["React", "Reply", "Copy text", "Edit", "Remove"])
    carol.keyboard.press("Escape")
    expect(message(carol, "Second of three")).to_be_focused()
    carol.keyboard.press("ContextMenu")
    carol.keyboard.press("ArrowDown")
    carol.keyboard.press("Enter")
    expect(carol.locator("#composer-quote")).to_have_text("Second of three")
    expect(field(carol)).to_be_focused()
    carol.keyboard.press("Escape")
    expect(carol.locator("#composer-context")).to_be_hidden()
    # Back to the same message in the list, past the button for files.
    carol.keyboard.press("Shift+Tab")
    carol.keyboard.press("Shift+Tab")
    expect(message(carol, "Second of three")).to_be_focused()
    carol.keyboard.press("Enter")
    expect(items.first).to_be_focused()
    carol.keyboard.press("Enter")
    expect(carol.get_by_role("menuitem", name="👍")).to_be_focused()
    carol.keyboard.press("Enter")
    expect(message(carol, "Second of three").locator(".reaction")).to_have_text("👍1")


def test_a_refused_edit_is_reported_and_kept(people: People) -> None:
    amal = people.sign_in("amal")
    start_direct(amal, "بدر")
    write(amal, "Keep this")
    expect(message(amal, "Keep this")).to_be_visible(timeout=TIMEOUT_MS)
    use_toolbar(amal, "Keep this", "Edit")
    field(amal).fill("beep \u0007 beep")
    amal.keyboard.press("Enter")
    expect(amal.locator("#toasts-urgent .toast-note")).to_be_visible(timeout=TIMEOUT_MS)
    expect(field(amal)).to_have_value("beep \u0007 beep")
    expect(amal.locator("#composer-about")).to_have_text("Editing your message")
    amal.keyboard.press("Escape")
    expect(message(amal, "Keep this")).to_be_visible()


def test_a_long_press_on_a_message_opens_its_menu_on_a_phone(people: People) -> None:
    carol = people.sign_in("carol", width=390, touch=True)
    start_direct(carol, "Deniz")
    field(carol).fill("Press me")
    carol.get_by_role("button", name="Send").click()
    box = message(carol, "Press me").locator(".bubble").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    devtools = carol.context.new_cdp_session(carol)
    touch = {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    devtools.send("Input.dispatchTouchEvent", touch)
    expect(carol.get_by_role("menuitem")).to_have_count(5)
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(carol.locator(MENU)).to_be_visible()
    carol.get_by_role("menuitem", name="Reply").click()
    expect(carol.locator("#composer-quote")).to_have_text("Press me")
    assert carol.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    carol.screenshot(path=ARTEFACTS / "message-actions-phone.png")


def test_message_actions_are_laid_out_right_to_left_in_arabic(people: People) -> None:
    badr = people.sign_in("badr", locale="ar")
    badr.get_by_role("button", name="محادثة جديدة").click()
    for name in ("Carol", "Deniz"):
        badr.locator("#picker .person", has_text=name).click()
    badr.locator("#picker-title-field").fill("نقاش")
    badr.locator("#picker-start").click()
    expect(badr.locator("#picker")).to_be_hidden(timeout=TIMEOUT_MS)
    composer = badr.locator("#composer-text")
    composer.fill("السلام عليكم")
    composer.press("Enter")
    found = message(badr, "السلام عليكم")
    expect(found).to_be_visible(timeout=TIMEOUT_MS)
    found.locator(".bubble").hover()
    bubble, tools = (
        found.locator(one).bounding_box() for one in (".message-body", ".message-tools")
    )
    assert bubble
    assert tools
    # The user's messages are at the end of the line, on the left; the tools are next to them.
    assert 0 < tools["x"] - (bubble["x"] + bubble["width"]) < 8
    composer.press_sequentially("@car")
    option = badr.get_by_role("option")
    expect(option).to_have_count(1)
    assert badr.locator("body").evaluate("body => body.scrollWidth <= innerWidth")
    badr.screenshot(path=ARTEFACTS / "message-actions-arabic.png")
