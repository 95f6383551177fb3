"""Opens real browsers, signs people in, and does their most frequent actions."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from reference_app.runtime.environment import ROOT
from tests.launch import Launched

ARTEFACTS = ROOT / "var" / "artifacts" / "e2e"
LABEL = {"daphne": "Live (WebSocket)", "gunicorn": "Polling every 2–5 s"}
TIMEOUT_MS = 30_000
"""Time that a state may take to appear. Polling alone needs up to 5,000 ms."""


class People:
    """Opens browsers for people, and collects the JavaScript errors of their pages."""

    def __init__(self, browser: Browser, server: Launched) -> None:
        self.browser = browser
        self.server = server
        self.contexts: list[BrowserContext] = []
        self.page_errors: list[str] = []

    def sign_in(
        self, username: str, width: int = 1100, locale: str = "en-GB", *, touch: bool = False
    ) -> Page:
        """Open a browser, sign in, and wait until the chat is connected."""
        page = self.visit(
            viewport={"width": width, "height": 720},
            locale=locale,
            has_touch=touch,
            is_mobile=touch,
        )
        return self.sign_in_on(page, username)

    def visit(self, **options: Any) -> Page:
        """Open a browser without signing in. The options are Playwright's context options."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(TIMEOUT_MS)
        self.contexts.append(context)
        return self.open_tab(context)

    def open_tab(self, context: BrowserContext) -> Page:
        """Open another tab of a browser, at the site."""
        page = context.new_page()
        page.on("pageerror", lambda error: self.page_errors.append(str(error)))
        page.goto(self.server.url)
        return page

    def close(self) -> None:
        """Close all browsers."""
        for context in self.contexts:
            context.close()

    def sign_in_on(self, page: Page, username: str) -> Page:
        """Sign in, and wait until the chat is connected."""
        page.locator("#id_username").fill(username)
        page.locator("#id_password").fill(f"{username}123")
        page.locator(".login-card [type=submit]").click()
        expect(page.locator("#connection")).not_to_have_attribute(
            "data-state", "connecting", timeout=TIMEOUT_MS
        )
        return page


def entry_of(page: Page, title: str) -> Locator:
    """Return the entry of a conversation in the sidebar.

    The title is compared with the entry's name only: its last message may name other people.
    """
    return page.locator(".entry", has=page.locator(".entry-name", has_text=title))


def start_direct(page: Page, name: str) -> None:
    """Start a direct conversation with a person."""
    page.get_by_role("button", name="New conversation").click()
    page.locator("#picker-search").fill(name)
    page.locator("#picker .person", has_text=name).click()
    start(page)


def start(page: Page) -> None:
    """Start the conversation with the people who are selected."""
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#picker")).to_be_hidden(timeout=TIMEOUT_MS)


def write(page: Page, text: str) -> None:
    """Type a message and send it."""
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")
