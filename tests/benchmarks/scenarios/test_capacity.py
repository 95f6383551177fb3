"""Where the search for the capacity goes next."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.measure.capacity import Step
from benchmarks.scenarios.capacity import AIM, FASTEST, GROWTH, below_what_failed, growth


def test_users_grow_fast_on_an_idle_server_and_by_the_mesh_near_its_limit() -> None:
    assert growth(0.0) == growth(0.1) == FASTEST
    assert growth(0.5) == pytest.approx(AIM / 0.5)
    assert growth(0.75) == growth(1.0) == growth(1.2) == GROWTH
    grown = [growth(share / 100) for share in range(120)]
    assert grown == sorted(grown, reverse=True)


def served(share: float, instrument: tuple[str, ...] = ()) -> Step:
    latencies = np.full(1000, 10.0)
    latencies[round(share * 1000) :] = np.inf
    return Step(500, latencies, 1000, 0, 0, instrument=instrument)


def test_a_search_begins_below_what_a_server_has_just_failed_at() -> None:
    assert below_what_failed(served(1.0), 1000) == 0
    assert below_what_failed(served(0.5), 1000) == 125
    assert below_what_failed(served(0.9), 1000) == 225
    assert below_what_failed(served(0.0), 1000) == 125
    assert below_what_failed(served(0.5, ("generator paused for 200 ms",)), 1000) == 0
