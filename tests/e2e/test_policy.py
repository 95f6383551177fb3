"""The content security policy: strict on every page, and nothing of ours offends against it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response, expect

from tests.e2e.people import People
from tests.e2e.states import DESKTOP, chat_states, sign_in_states, wishes
from tests.launch import Launched

REPORT = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));"""


class Watched:
    """A page whose offences are noted, and the policy of each document that it loads."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.offences: list[str] = []
        self.documents = 0
        page.add_init_script(REPORT)
        page.on("console", lambda said: self._said(said.text))
        page.on("response", self._loaded)
        page.reload()

    def _said(self, text: str) -> None:
        if "violation:" in text or "Content Security Policy" in text:
            self.offences.append(f"{self.page.url}: {text}")

    def _loaded(self, response: Response) -> None:
        if response.request.resource_type != "document" or 300 <= response.status < 400:
            return
        self.documents += 1
        policy = response.headers.get("content-security-policy", "")
        if "default-src 'self'" not in policy or "unsafe-" in policy:
            self.offences.append(f"{response.url}: {policy or 'no policy'}")


@pytest.fixture
def watched(people: People) -> Iterator[Watched]:
    watched = Watched(people.visit(**wishes("light", "en", DESKTOP)))
    yield watched
    assert watched.documents
    assert watched.offences == []


@pytest.mark.parametrize("server", ["daphne"], indirect=True)
def test_no_page_and_no_state_of_the_chat_offends(
    watched: Watched, people: People, server: Launched
) -> None:
    for _state in sign_in_states(watched.page, server.url):
        pass
    watched.page.goto(server.url)
    people.enter(watched.page, "amal")
    for _state in chat_states(watched.page, people.sign_in("badr")):
        pass


@pytest.mark.parametrize("server", ["gunicorn"], indirect=True)
def test_no_page_of_the_admin_site_offends(watched: Watched, server: Launched) -> None:
    page = watched.page
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


def test_an_offence_would_be_seen(people: People) -> None:
    watched = Watched(people.visit())
    watched.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "1";
            document.body.append(script);
        }"""
    )
    watched.page.wait_for_function("() => true")
    assert any("script-src" in offence for offence in watched.offences)
