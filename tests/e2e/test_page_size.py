"""Tests the bytes of a first visit: in production, compressed, fonts included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from reference_app.serving import commands
from tests.e2e.people import TIMEOUT_MS
from tests.served import Site, served

MAX_BYTES = 250_000
"""The budget is 350 KB. The page is well below it, and this limit keeps it there."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("first-visit")
    with served(commands.tuned_daphne, folder, collected=True) as site:
        yield site


@pytest.mark.parametrize("locale", ["en-GB", "ar"])
def test_a_first_visit_transfers_at_most_250_kb(browser: Browser, site: Site, locale: str) -> None:
    context = browser.new_context(locale=locale)
    context.add_cookies([{"name": "sessionid", "value": site.cookies[0], "url": site.url}])
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    addresses: dict[str, str] = {}
    sizes: dict[str, float] = {}

    def record_address(event: dict[str, Any]) -> None:
        addresses[event["requestId"]] = event["response"]["url"]

    def add_bytes(event: dict[str, Any]) -> None:
        address = addresses.get(event["requestId"], event["requestId"])
        sizes[address] = sizes.get(address, 0) + event["encodedDataLength"]

    devtools.on("Network.responseReceived", record_address)
    devtools.on("Network.loadingFinished", add_bytes)
    devtools.send("Network.enable")
    page.goto(site.url, wait_until="networkidle")
    expect(page.locator("#connection")).to_have_attribute("data-state", "live", timeout=TIMEOUT_MS)
    context.close()
    largest_first = sorted(((size, url) for url, size in sizes.items()), reverse=True)
    assert any("/app." in url for url in sizes), largest_first
    assert any(url.endswith(".woff2") for url in sizes), largest_first
    assert sum(sizes.values()) <= MAX_BYTES, largest_first
