"""Fixtures: a browser, the demo on each server, and people who use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import NoBrowser, chromium
from tests.e2e.people import People
from tests.launch import Launched, demo


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as browser:
            yield browser
    except NoBrowser as error:
        pytest.fail(str(error))


@pytest.fixture(scope="module", params=["daphne", pytest.param("gunicorn", marks=pytest.mark.long)])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Launched]:
    with demo(request.param, tmp_path_factory.mktemp(request.param)) as launched:
        launched.name = request.param  # type: ignore[attr-defined]
        yield launched


@pytest.fixture
def people(browser: Browser, server: Launched) -> Iterator[People]:
    people = People(browser, server)
    yield people
    people.close()
    assert people.page_errors == []
