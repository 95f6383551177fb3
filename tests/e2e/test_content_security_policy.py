"""Tests of the Content-Security-Policy: strict on every page, and never violated by our pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response, expect

from tests.e2e.people import People
from tests.e2e.states import DESKTOP, chat_states, context_options, sign_in_states
from tests.launch import Launched

REPORT = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""


class PolicyMonitor:
    """Records the policy violations of a page, and checks the policy of each document it loads."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.violations: list[str] = []
        self.documents = 0
        page.add_init_script(REPORT)
        page.on("console", lambda message: self._on_console(message.text))
        page.on("response", self._on_response)
        page.reload()

    def _on_console(self, text: str) -> None:
        if "violation:" in text or "Content Security Policy" in text:
            self.violations.append(f"{self.page.url}: {text}")

    def _on_response(self, response: Response) -> None:
        if response.request.resource_type != "document" or 300 <= response.status < 400:
            return
        self.documents += 1
        policy = response.headers.get("content-security-policy", "")
        if "default-src 'self'" not in policy or "unsafe-" in policy:
            self.violations.append(f"{response.url}: {policy or 'no policy'}")


@pytest.fixture
def monitor(people: People) -> Iterator[PolicyMonitor]:
    monitor = PolicyMonitor(people.visit(**context_options("light", "en", DESKTOP)))
    yield monitor
    assert monitor.documents
    assert monitor.violations == []


@pytest.mark.parametrize("server", ["daphne"], indirect=True)
def test_no_state_of_the_chat_violates_the_policy(
    monitor: PolicyMonitor, people: People, server: Launched
) -> None:
    for _state in sign_in_states(monitor.page, server.url):
        pass
    monitor.page.goto(server.url)
    people.sign_in_on(monitor.page, "amal")
    for _state in chat_states(monitor.page, people.sign_in("badr")):
        pass


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)
def test_no_page_of_the_admin_site_violates_the_policy(
    monitor: PolicyMonitor, server: Launched
) -> None:
    page = monitor.page
    page.goto(f"{server.url}/admin/")
    page.locator("#id_username").fill("admin")
    page.locator("#id_password").fill("admin123")
    page.locator("[type=submit]").click()
    expect(page.locator("#user-tools")).to_be_visible()
    index = page.locator("#content-main a[href^='/admin/']")
    addresses = {link.get_attribute("href") or "" for link in index.all()}
    assert len(addresses) > 3
    for address in sorted(addresses):
        page.goto(f"{server.url}{address}")
        expect(page.locator("#content")).to_be_visible()
        row = page.locator("#result_list tbody th a").first
        if row.count():
            row.click()
            expect(page.locator("#content")).to_be_visible()


def test_a_violation_is_detected(people: People) -> None:
    monitor = PolicyMonitor(people.visit())
    monitor.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "1";
            document.body.append(script);
        }"""
    )
    monitor.page.wait_for_function("() => true")
    assert any("script-src" in violation for violation in monitor.violations)
