from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.measure.capacity import Step, capacity, why_not
from benchmarks.measure.deliveries import Floats


def with_lost(received: int) -> Floats:
    return np.concatenate([np.full(received, 10.0), np.full(100 - received, np.inf)])


def step(users: int = 100, latency_ms: float = 10, **fields: Any) -> Step:
    seen = {
        "latencies_ms": np.full(100, latency_ms),
        "operations": 2000,
        "errors": 0,
        "unacknowledged": 0,
    }
    return Step(users=users, **{**seen, **fields})


def test_a_step_within_all_limits_holds() -> None:
    assert why_not(step(), 1000) == ""


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"latencies_ms": np.full(100, 1001.0)}, "p99"),
        ({"latencies_ms": with_lost(99)}, "did not come"),
        ({"latencies_ms": with_lost(50)}, "50 of 100"),
        ({"unacknowledged": 1}, "not acknowledged"),
        ({"errors": 3, "first_error": "poll: HTTP 500"}, "HTTP 500"),
        ({"latencies_ms": np.array([])}, "nothing"),
    ],
)
def test_the_reason_why_a_step_fails_is_named(fields: dict[str, Any], names: str) -> None:
    assert names in why_not(step(**fields), 1000)


def test_errors_under_one_in_a_thousand_are_tolerated() -> None:
    assert why_not(step(errors=2), 1000) == ""


def test_the_capacity_is_the_largest_step_below_the_first_that_fails() -> None:
    found = capacity([step(100), step(400), step(200, 5000), step(300)], 1000)
    assert (found.users, found.failed_at, found.at_least) == (100, 200, False)
    assert found.stopped_by.startswith("at 200 users: p99 5,000 ms")


def test_a_search_without_a_failed_step_gives_a_lower_bound() -> None:
    found = capacity([step(100), step(200)], 1000)
    assert (found.users, found.failed_at, found.at_least) == (200, None, True)


def test_a_search_whose_first_step_fails_gives_an_upper_bound() -> None:
    found = capacity([step(100, 5000)], 1000)
    assert (found.users, found.failed_at, found.at_most) == (0, 100, True)


def test_a_step_limited_by_the_generator_decides_nothing() -> None:
    limited = step(200, 5000, instrument=("generator used 97 % of its processor",))
    found = capacity([step(100), limited], 1000)
    assert (found.users, found.at_least) == (100, True)
    assert found.stopped_by == "at 200 users: generator used 97 % of its processor"
    assert capacity([limited], 1000).users == 0
