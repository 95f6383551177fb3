"""Locust's master and workers, with its page, driving the deployment beside them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.deploy.docker.stack import PATIENCE, Stack


@pytest.fixture(scope="module")
def page(stack: Stack) -> Iterator[httpx.Client]:
    """Locust's page, with both workers there."""
    stack.must("locust", str(stack.folder / "crowd"))
    base = f"http://127.0.0.1:{os.environ['LOCUST_PORT']}"
    with httpx.Client(base_url=base, trust_env=False) as http:
        until(lambda: len(stats(http)["workers"]) == 2)
        yield http
    stack.must("locust", "--stop")
    assert stack.containers("locust", every=True) == []


def stats(http: httpx.Client) -> dict[str, Any]:
    """Return what the page shows; nothing while it is not there."""
    try:
        found: dict[str, Any] = http.get("/stats/requests").raise_for_status().json()
    except httpx.HTTPError:
        return {"workers": [], "stats": []}
    return found


def until(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.5)


def test_its_page_starts_visitors_who_chat_on_both_transports(page: httpx.Client) -> None:
    assert "Locust" in page.get("/").text
    page.post("/swarm", data={"user_count": "8", "spawn_rate": "8"}).raise_for_status()

    def delivered() -> bool:
        seen = {(one["method"], one["name"]) for one in stats(page)["stats"]}
        return {("socket", "delivery"), ("poll", "delivery")} <= seen

    until(delivered)
    shown = stats(page)
    page.get("/stop")
    assert shown["user_count"] == 8
    assert [one for one in shown["stats"] if one["num_failures"]] == []
    assert shown["errors"] == []
    assert page.get("/exceptions").json()["exceptions"] == []
