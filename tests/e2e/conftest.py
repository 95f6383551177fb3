"""A browser, both servers, and people who use them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from reference_app.config.environment import ROOT
from tests.e2e.people import FLAGS, People
from tests.launch import Launched, demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = subprocess.run(
        [ROOT / "scripts" / "find-browser"], capture_output=True, text=True, cwd=ROOT
    )
    if found.returncode:
        pytest.fail(found.stderr)
    # Chromium's sandbox cannot be had as root.
    flags = [*FLAGS, "--no-sandbox"] if os.getuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.stdout.strip(), args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=["daphne", "gunicorn"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Launched]:
    with demo(request.param, tmp_path_factory.mktemp(request.param)) as launched:
        launched.name = request.param  # type: ignore[attr-defined]
        yield launched


@pytest.fixture
def people(browser: Browser, server: Launched) -> Iterator[People]:
    found = People(browser, server)
    yield found
    for context in found.contexts:
        context.close()
    assert found.complaints == []
