"""Takes the page through every state, one after the other, for screenshots and checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page, expect

from tests.e2e.message_states import DISMISS, answer, message_states
from tests.e2e.people import TIMEOUT_MS, entry_of

PHONE = 390
DESKTOP = 1100
SETTINGS = ("profile", "appearance", "notifications", "devices", "password", "blocked")

HISTORY = """async ({ others }) => {
    const { get, post } = await import("/static/web/js/transport/http.js");
    const people = await get("/people");
    const [badr, carol, deniz] = others.map((name) => people.find((one) => one.username === name));
    const say = (conversation, text) =>
        post(`/conversations/${conversation.id}/messages`,
             { client_id: crypto.randomUUID(), text });
    const group = await post("/conversations", {
        kind: "group", title: "Launch · الإطلاق", members: [badr.id, carol.id, deniz.id],
    });
    await say(group, "The figures are in: 40 ms at the median.");
    await say(group, "وصلت الأرقام، والنتيجة أفضل مما توقعنا.\\nنلتقي الساعة 10:30 في القاعة B2.");
    const direct = await post("/conversations", { kind: "direct", person: deniz.id });
    await say(direct, "See https://example.org/report, and tell me what you think.");
    await say(direct, "👍");
    return group.id;
}"""
"""Runs in a page: creates the conversations and messages that the states show."""

TOASTS = """async () => {
    const { Toasts } = await import("/static/web/js/views/toasts.js");
    const words = await import("/static/web/js/i18n/words.js");
    const toasts = new Toasts();
    toasts.show("success", words.copiedText);
    toasts.show("info", words.goneText("Launch", { name: "بدر العلي" }));
    toasts.show("warning", words.notificationsRefused);
    toasts.show("error", words.errorText({}));
}"""


def sign_in_states(page: Page, url: str) -> Iterator[str]:
    """Yield the name of each state before signing in."""
    page.goto(url)
    yield "sign-in"
    page.locator("#id_username").fill("amal")
    page.locator("#id_password").fill("wrong")
    page.locator(".login-card [type=submit]").click()
    expect(page.locator("[role=alert]")).to_be_visible()
    yield "sign-in-refused"
    page.goto(f"{url}/nothing/here")
    yield "not-found"


def first_run_states(page: Page, url: str) -> Iterator[str]:
    """Yield the name of each state of a site that has no users yet."""
    page.goto(url)
    expect(page.locator(".alert-link")).to_be_visible()
    yield "sign-in-new"
    page.locator(".alert-link").click()
    expect(page.locator("#first-run-title")).to_be_visible()
    yield "first-run"
    page.locator("#id_username").fill("amal")
    page.locator(".login-card [type=submit]").click()
    expect(page.locator(".field-error").first).to_be_visible()
    yield "first-run-refused"


def chat_states(page: Page, other: Page) -> Iterator[str]:
    """Yield the name of each state of the chat, in the first of two people's pages."""
    yield "nothing-yet"
    group = page.evaluate(HISTORY, {"others": ["badr", "carol", "deniz"]})
    page.reload()
    entry = entry_of(page, "Launch").first
    expect(entry).to_be_visible(timeout=TIMEOUT_MS)
    yield "nothing-open"
    entry.click()
    expect(page.locator(".bubble")).to_have_count(2, timeout=TIMEOUT_MS)
    answer(other, group)
    expect(page.locator(".bubble")).to_have_count(3, timeout=TIMEOUT_MS)
    page.wait_for_function("() => document.querySelector('.picture-image').naturalWidth > 0")
    expect(page.locator("#typing")).not_to_have_text("", timeout=TIMEOUT_MS)
    page.mouse.move(0, 0)
    yield "conversation"
    yield from _dialogs(page)
    yield from message_states(page, other, group)
    page.evaluate(TOASTS)
    page.evaluate("Promise.allSettled(document.getAnimations().map((one) => one.finished))")
    yield "toasts"
    page.evaluate(DISMISS)
    yield from _connection(page)


def _dialogs(page: Page) -> Iterator[str]:
    name = page.locator(".message-sender").first
    name.click(button="right")
    expect(page.locator("#menu")).to_be_visible()
    yield "menu"
    page.keyboard.press("Escape")
    name.click()
    yield from _shown(page, "profile")
    page.locator("#details-open").click()
    yield from _shown(page, "details", close=False)
    page.locator("#details-delete").click()
    yield from _shown(page, "confirm")
    if page.locator("#back").is_visible():
        page.locator("#back").click()
    page.locator("#new-conversation").click()
    expect(page.locator("#picker-people .person").first).to_be_visible(timeout=TIMEOUT_MS)
    yield "picker"
    for box in page.locator("#picker-people input").all()[:2]:
        box.check()
    yield from _shown(page, "picker-group", "picker")
    page.locator("#preferences-open").click()
    yield from _settings(page)
    entry_of(page, "Launch").first.click()


def _settings(page: Page) -> Iterator[str]:
    expect(page.locator("#preferences")).to_be_visible()
    for part in SETTINGS:
        page.locator(f"#tab-{part}").click()
        expect(page.locator(f"#panel-{part}")).to_be_visible()
        yield f"settings-{part}"
    page.keyboard.press("Escape")


def _shown(page: Page, name: str, dialog: str = "", *, close: bool = True) -> Iterator[str]:
    expect(page.locator(f"#{dialog or name}")).to_be_visible()
    yield name
    if close:
        page.keyboard.press("Escape")


def _connection(page: Page) -> Iterator[str]:
    page.context.set_offline(True)
    page.locator("#composer-text").fill("Written on the train, without a network")
    page.locator(".send").click()
    expect(page.locator("#connection-notice")).to_be_visible(timeout=TIMEOUT_MS)
    yield "offline"
    page.context.set_offline(False)
    expect(page.locator("#connection-notice")).to_be_hidden(timeout=TIMEOUT_MS)
    yield "back"


def context_options(theme: str, language: str, width: int) -> dict[str, Any]:
    """Return the browser context options for a theme, a language and a width."""
    return {
        "color_scheme": theme,
        "locale": {"en": "en-GB", "ar": "ar"}[language],
        "viewport": {"width": width, "height": 720 if width > PHONE else 844},
        "has_touch": width == PHONE,
    }
