"""Tests of how the search for the capacity chooses the number of users of the next step."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure.capacity import Step
from benchmarks.scenarios.capacity import (
    GROWTH,
    MAX_FIRST_GROWTH,
    MAX_GROWTH,
    MAX_RETRIES,
    TARGET_SHARE,
    Search,
    growth,
    reduced_users,
    retreats,
    up_to_limit,
)
from tests.benchmarks.rooms import session_on


def test_users_grow_fast_on_an_idle_server_and_in_small_steps_near_its_limit() -> None:
    assert growth(0.0) == growth(0.1) == MAX_GROWTH
    assert growth(0.5) == pytest.approx(TARGET_SHARE / 0.5)
    assert growth(0.75) == growth(1.0) == growth(1.2) == GROWTH
    ratios = [growth(share / 100) for share in range(120)]
    assert ratios == sorted(ratios, reverse=True)


def test_the_first_step_may_have_many_more_users_than_the_delivery_scenario() -> None:
    assert growth(0.1, MAX_FIRST_GROWTH) == MAX_FIRST_GROWTH
    assert growth(0.3, MAX_FIRST_GROWTH) == pytest.approx(TARGET_SHARE / 0.3)
    assert growth(0.9, MAX_FIRST_GROWTH) == growth(0.9)


def test_after_a_failed_first_step_users_are_reduced_by_little_at_first() -> None:
    assert list(retreats(1120, 20)) == [780, 380, 120, 20]
    first, *_ = retreats(1120, 20)
    assert 1120 / first < 1.5
    assert list(retreats(20, 20)) == []


def test_a_step_just_below_the_limit_becomes_the_limit() -> None:
    assert up_to_limit(7780, 8000) == 8000
    assert up_to_limit(9000, 8000) == 8000
    assert up_to_limit(6000, 8000) == 6000


def step_with(share: float, instrument: tuple[str, ...] = ()) -> Step:
    """Return a step of 500 users in which this share of the deliveries arrived."""
    latencies = np.full(1000, 10.0)
    latencies[round(share * 1000) :] = np.inf
    return Step(500, latencies, 1000, 0, 0, instrument=instrument)


def test_a_search_begins_with_fewer_users_than_a_step_that_just_failed() -> None:
    assert reduced_users(step_with(1.0), 1000) == 0
    assert reduced_users(step_with(0.5), 1000) == 125
    assert reduced_users(step_with(0.9), 1000) == 225
    assert reduced_users(step_with(0.0), 1000) == 125
    assert reduced_users(step_with(0.5, ("generator paused for 200 ms",)), 1000) == 0


def test_disturbed_steps_are_repeated_a_few_times_while_the_run_has_time(tmp_path: Path) -> None:
    search = Search(session_on(min(os.sched_getaffinity(0)), tmp_path))
    for spare, may_repeat in ((math.inf, True), (0.1, True), (0.0, False), (-5.0, False)):
        search.session.spare_seconds = spare
        assert search.may_repeat is may_repeat
    search.session.spare_seconds = math.inf
    search.retries = MAX_RETRIES
    assert not search.may_repeat
