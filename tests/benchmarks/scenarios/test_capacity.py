"""Where the search for the capacity goes next."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure.capacity import Step
from benchmarks.scenarios.capacity import (
    AIM,
    FASTEST,
    FURTHEST,
    GROWTH,
    MOST_RETRIES,
    Search,
    below_what_failed,
    growth,
    retreats,
    up_to_limit,
)
from tests.benchmarks.rooms import session_on


def test_users_grow_fast_on_an_idle_server_and_by_the_mesh_near_its_limit() -> None:
    assert growth(0.0) == growth(0.1) == FASTEST
    assert growth(0.5) == pytest.approx(AIM / 0.5)
    assert growth(0.75) == growth(1.0) == growth(1.2) == GROWTH
    grown = [growth(share / 100) for share in range(120)]
    assert grown == sorted(grown, reverse=True)


def test_the_first_step_may_be_far_from_the_users_of_the_delivery_scenario() -> None:
    assert growth(0.1, FURTHEST) == FURTHEST
    assert growth(0.3, FURTHEST) == pytest.approx(AIM / 0.3)
    assert growth(0.9, FURTHEST) == growth(0.9)


def test_a_search_that_began_too_high_goes_down_by_little_at_first() -> None:
    assert list(retreats(1120, 20)) == [780, 380, 120, 20]
    first, *_ = retreats(1120, 20)
    assert 1120 / first < 1.5
    assert list(retreats(20, 20)) == []


def test_the_last_step_is_the_limit_rather_than_a_little_less() -> None:
    assert up_to_limit(7780, 8000) == 8000
    assert up_to_limit(9000, 8000) == 8000
    assert up_to_limit(6000, 8000) == 6000


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


def test_a_spoiled_step_is_repeated_a_few_times_while_the_run_has_time(tmp_path: Path) -> None:
    search = Search(session_on(min(os.sched_getaffinity(0)), tmp_path))
    for spare, may_repeat in ((math.inf, True), (0.1, True), (0.0, False), (-5.0, False)):
        search.session.spare = spare
        assert search.may_repeat is may_repeat
    search.session.spare = math.inf
    search.retries = MOST_RETRIES
    assert not search.may_repeat
