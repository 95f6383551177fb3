"""Tests of groups: rename, add, remove, hand over, leave, delete; and clearing a conversation."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.e2e.people import ARTEFACTS, TIMEOUT_MS, People, entry_of, start, start_direct, write


def start_group(page: Page, title: str, *names: str) -> None:
    page.get_by_role("button", name="New conversation").click()
    for name in names:
        page.locator("#picker .person", has_text=name).click()
    page.get_by_label("Name of the group").fill(title)
    start(page)


def open_details(page: Page) -> None:
    page.locator("#details-open").click()
    expect(page.locator("#details")).to_be_visible()


def notices(page: Page) -> list[str]:
    """Return the texts of the group notices, without the characters that isolate names."""
    return [
        text.replace("\u2068", "").replace("\u2069", "")
        for text in page.locator(".notice").all_inner_texts()
    ]


def test_a_group_is_renamed_grows_and_shrinks_and_everybody_sees_it(people: People) -> None:
    badr, carol, deniz = (people.sign_in(name) for name in ("badr", "carol", "deniz"))
    start_group(badr, "Before", "Carol", "أمل")
    write(badr, "Welcome")
    entry_of(carol, "Before").click()
    expect(carol.locator(".bubble")).to_have_text(["Welcome"], timeout=TIMEOUT_MS)
    # Any member can rename the group and add people.
    open_details(carol)
    expect(carol.locator("#details-delete")).to_be_hidden()
    carol.get_by_role("button", name="Rename").click()
    expect(carol.locator("#details-name")).to_be_focused()
    carol.locator("#details-name").fill("After <b>")
    carol.keyboard.press("Enter")
    expect(carol.locator("#details-title")).to_have_text("After <b>", timeout=TIMEOUT_MS)
    for page in (badr, carol):
        faces = page.locator(".entry:has-text('After') .avatar, .top-mark .avatar")
        expect(faces).to_have_text(["A", "A"], timeout=TIMEOUT_MS)
    carol.get_by_role("button", name="Add people").click()
    expect(carol.locator("#picker .person", has_text="بدر")).to_have_count(0)
    carol.locator("#picker .person", has_text="Deniz").click()
    carol.locator("#picker-start").click()
    expect(carol.locator("#picker")).to_be_hidden(timeout=TIMEOUT_MS)
    expect(carol.locator("#details-people .person")).to_have_count(4, timeout=TIMEOUT_MS)
    carol.keyboard.press("Escape")
    entry_of(deniz, "After <b>").click(timeout=TIMEOUT_MS)
    expect(deniz.locator(".bubble")).to_have_text(["Welcome"], timeout=TIMEOUT_MS)
    expect(deniz.locator(".entry .unread:not([hidden])")).to_have_count(0)
    for page in (badr, carol, deniz):
        expect(page.locator(".notice")).to_have_count(2, timeout=TIMEOUT_MS)
        assert notices(page) == [
            "Carol Jones renamed the group to After <b>",
            "Carol Jones added Deniz Kaya",
        ]
    # Only the owner can remove people. A removed person loses the group at once.
    open_details(badr)
    badr.get_by_role("button", name="Remove \u2068Deniz Kaya\u2069 from the group").click()
    expect(badr.locator("#confirm-text")).to_contain_text("will no longer see the group")
    ARTEFACTS.mkdir(parents=True, exist_ok=True)
    badr.screenshot(path=ARTEFACTS / "group-remove.png")
    badr.locator("#confirm-do").click()
    expect(entry_of(deniz, "After <b>")).to_have_count(0, timeout=TIMEOUT_MS)
    expect(deniz.locator("#nothing-open")).to_be_visible()
    expect(deniz.locator(".toast-note")).to_have_count(1)
    expect(badr.locator("#details-people .person")).to_have_count(3, timeout=TIMEOUT_MS)
    badr.keyboard.press("Escape")
    badr.reload()
    entry_of(badr, "After <b>").click()
    expect(badr.locator(".notice")).to_have_count(3, timeout=TIMEOUT_MS)
    assert notices(badr)[-1] == "بدر العلي removed Deniz Kaya from the group"


def test_an_owner_hands_the_group_over_or_leaves_it_to_the_first_member(people: People) -> None:
    amal, carol, deniz = (people.sign_in(name) for name in ("amal", "carol", "deniz"))
    start_group(amal, "Passed on", "Carol", "Deniz")
    open_details(amal)
    amal.get_by_role("button", name="Make \u2068Carol Jones\u2069 the owner").click()
    expect(amal.locator("#confirm-text")).to_contain_text("remove people, hand it over")
    amal.locator("#confirm-do").click()
    owner = amal.locator("#details-people .person", has=amal.locator(".owner"))
    expect(owner).to_contain_text("Carol", timeout=TIMEOUT_MS)
    expect(amal.locator("#details-delete")).to_be_hidden()
    expect(amal.get_by_role("button", name="Remove")).to_have_count(0)
    amal.keyboard.press("Escape")
    # The new owner leaves: the confirmation names the member who joined first.
    entry_of(carol, "Passed on").click(timeout=TIMEOUT_MS)
    open_details(carol)
    carol.get_by_role("button", name="Leave the group").click()
    expect(carol.locator("#confirm-text")).to_contain_text("It will be owned by \u2068أمل")
    carol.locator("#confirm-do").click()
    expect(carol.locator("#toasts")).to_contain_text("You left", timeout=TIMEOUT_MS)
    expect(entry_of(carol, "Passed on")).to_have_count(0)
    expect(carol.locator(".toast-note")).to_have_count(1)
    entry_of(deniz, "Passed on").click()
    expect(deniz.locator(".notice")).to_have_count(3, timeout=TIMEOUT_MS)
    assert notices(deniz) == [
        "The group is now owned by Carol Jones",
        "The group is now owned by أمل الهاشمي",
        "Carol Jones left the group",
    ]


def test_the_last_member_is_warned_that_leaving_deletes_the_group(people: People) -> None:
    amal, carol = people.sign_in("amal"), people.sign_in("carol")
    start_group(amal, "Two of us", "Carol", "Deniz")
    open_details(amal)
    for name in ("Carol Jones", "Deniz Kaya"):
        amal.get_by_role("button", name=f"Remove \u2068{name}\u2069 from the group").click()
        amal.locator("#confirm-do").click()
        expect(amal.locator("#details-people .person", has_text=name)).to_have_count(
            0, timeout=TIMEOUT_MS
        )
    amal.get_by_role("button", name="Leave the group").click()
    expect(amal.locator("#confirm-text")).to_contain_text("it will be deleted")
    amal.locator("#confirm-do").click()
    for page in (amal, carol):
        expect(entry_of(page, "Two of us")).to_have_count(0, timeout=TIMEOUT_MS)


def test_clearing_a_conversation_affects_all_tabs_of_the_user_and_nobody_else(
    people: People,
) -> None:
    amal, deniz = people.sign_in("amal"), people.sign_in("deniz")
    start_direct(amal, "Deniz")
    write(amal, "Only I forget")
    other_tab = amal.context.new_page()
    other_tab.goto(people.server.url)
    entry_of(other_tab, "Deniz").click()
    for page in (amal, other_tab):
        expect(page.locator(".bubble").last).to_have_text("Only I forget", timeout=TIMEOUT_MS)
    open_details(amal)
    amal.get_by_role("button", name="Clear for me").click()
    expect(amal.locator("#confirm-text")).to_contain_text("The others keep")
    amal.locator("#confirm-do").click()
    expect(amal.locator("#toasts")).to_contain_text("was cleared for you", timeout=TIMEOUT_MS)
    for page in (amal, other_tab):
        expect(page.locator(".bubble")).to_have_count(0, timeout=TIMEOUT_MS)
        expect(page.locator(".entry-last")).not_to_contain_text(["Only I forget"])
    entry_of(deniz, "أمل").click()
    expect(deniz.locator(".bubble").last).to_have_text("Only I forget", timeout=TIMEOUT_MS)
    write(deniz, "I do not")
    for page in (amal, other_tab):
        expect(page.locator(".bubble")).to_have_text(["I do not"], timeout=TIMEOUT_MS)


def test_a_message_cleared_before_the_page_received_it_is_not_shown(
    people: People,
) -> None:
    amal = people.sign_in("amal")
    start_direct(amal, "Deniz")
    held: list[Route] = []
    is_held = True

    def hold(route: Route) -> None:
        if is_held:
            held.append(route)
        else:
            route.continue_()

    amal.route("**/api/sync?*", hold)
    write(amal, "Stored, and cleared at once")
    mark = amal.locator(".message-state").last
    expect(mark).to_have_attribute("data-state", "sent", timeout=TIMEOUT_MS)
    open_details(amal)
    amal.get_by_role("button", name="Clear for me").click()
    amal.locator("#confirm-do").click()
    expect(amal.locator("#toasts")).to_contain_text("was cleared for you", timeout=TIMEOUT_MS)
    is_held = False
    for route in held:
        route.continue_()
    expect(amal.locator(".bubble")).to_have_count(0, timeout=TIMEOUT_MS)


def test_a_person_who_writes_while_it_is_deleted_sees_that_nothing_was_sent(people: People) -> None:
    amal, badr = people.sign_in("amal"), people.sign_in("badr")
    start_direct(amal, "بدر")
    write(amal, "Hello")
    entry_of(badr, "أمل").click()
    expect(badr.locator(".bubble").last).to_have_text("Hello", timeout=TIMEOUT_MS)
    badr.get_by_label("Message", exact=True).fill("I was just about to")
    open_details(amal)
    amal.get_by_role("button", name="Delete for good").click()
    expect(amal.locator("#confirm-text")).to_contain_text("messages and files")
    amal.locator("#confirm-do").click()
    expect(amal.locator("#toasts")).to_contain_text("was deleted", timeout=TIMEOUT_MS)
    warning = badr.locator("#toasts .toast-note[data-kind=warning]")
    expect(warning).to_contain_text("What you were writing there was not sent", timeout=TIMEOUT_MS)
    expect(warning).to_have_count(1)
    expect(entry_of(badr, "أمل")).to_have_count(0, timeout=TIMEOUT_MS)
