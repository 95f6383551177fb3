"""Tests of Locust in containers: its master, its workers and its page, against the deployment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.deploy.docker.stack import TIMEOUT_SECONDS, Stack


@pytest.fixture(scope="module")
def page(stack: Stack) -> Iterator[httpx.Client]:
    """Return a client of Locust's page, with both workers connected."""
    stack.run_ok("locust", str(stack.folder / "crowd"))
    base = f"http://127.0.0.1:{os.environ['LOCUST_PORT']}"
    with httpx.Client(base_url=base, trust_env=False) as http:
        wait_until(lambda: len(stats(http)["workers"]) == 2)
        yield http
    stack.run_ok("locust", "--stop")
    assert stack.containers("locust", every=True) == []


def stats(http: httpx.Client) -> dict[str, Any]:
    """Return the figures that the page shows; none while it does not answer."""
    try:
        found: dict[str, Any] = http.get("/stats/requests").raise_for_status().json()
    except httpx.HTTPError:
        return {"workers": [], "stats": []}
    return found


def wait_until(holds: Any) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_the_locust_page_starts_users_on_both_transports(page: httpx.Client) -> None:
    assert "Locust" in page.get("/").text
    page.post("/swarm", data={"user_count": "8", "spawn_rate": "8"}).raise_for_status()

    def delivered() -> bool:
        seen = {(one["method"], one["name"]) for one in stats(page)["stats"]}
        return {("socket", "delivery"), ("poll", "delivery")} <= seen

    wait_until(delivered)
    shown = stats(page)
    page.get("/stop")
    assert shown["user_count"] == 8
    assert [one for one in shown["stats"] if one["num_failures"]] == []
    assert shown["errors"] == []
    assert page.get("/exceptions").json()["exceptions"] == []
