"""People at real browsers: how they sign in, and what they do most."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from reference_app.config.environment import ROOT
from tests.launch import Launched

ARTEFACTS = ROOT / "var" / "artifacts" / "e2e"
LABEL = {"daphne": "Live (WebSocket)", "gunicorn": "Polling every 2–5 s"}
PATIENCE = 30_000
"""Milliseconds that a state may take to show; polling alone needs up to 5,000."""


class People:
    """Opens browsers for people, and collects what their pages complain of."""

    def __init__(self, browser: Browser, server: Launched) -> None:
        self.browser = browser
        self.server = server
        self.contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

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
        return self.enter(page, username)

    def visit(self, **options: Any) -> Page:
        """Open a browser of somebody who has not signed in; options are Playwright's."""
        context = self.browser.new_context(**options)
        context.set_default_timeout(PATIENCE)
        self.contexts.append(context)
        return self.another_tab(context)

    def another_tab(self, context: BrowserContext) -> Page:
        """Open a tab of somebody's browser, at the site."""
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self.server.url)
        return page

    def leave(self) -> None:
        """Close all browsers."""
        for context in self.contexts:
            context.close()

    def enter(self, page: Page, username: str) -> Page:
        """Sign in, and wait until the chat is connected."""
        page.locator("#id_username").fill(username)
        page.locator("#id_password").fill(f"{username}123")
        page.locator(".login-card [type=submit]").click()
        expect(page.locator("#connection")).not_to_have_attribute(
            "data-state", "connecting", timeout=PATIENCE
        )
        return page


def entry_of(page: Page, title: str) -> Locator:
    """Return a conversation in the list, by its name: its last line may name others."""
    return page.locator(".entry", has=page.locator(".entry-name", has_text=title))


def start_direct(page: Page, name: str) -> None:
    """Start a direct conversation with somebody."""
    page.get_by_role("button", name="New conversation").click()
    page.locator("#picker-search").fill(name)
    page.locator("#picker .person", has_text=name).click()
    start(page)


def start(page: Page) -> None:
    """Start the conversation with those who are chosen."""
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#picker")).to_be_hidden(timeout=PATIENCE)


def write(page: Page, text: str) -> None:
    """Write a message."""
    page.get_by_label("Message", exact=True).fill(text)
    page.keyboard.press("Enter")
