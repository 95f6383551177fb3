"""Test when a baseline that differs from itself downgrades a verdict."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.measure.control import distance, downgrades
from benchmarks.measure.intervals import mean
from benchmarks.measure.samples import Latencies, Values
from benchmarks.measure.statistics import Estimate
from benchmarks.measure.verdicts import Criterion, JudgedCriterion, Outcome


@pytest.mark.parametrize(
    ("control", "claim_distance", "expected"),
    [
        (Estimate(20, -1, 45), 0.1, False),
        (Estimate(20, 10, 30), 0.1, True),
        (Estimate(20, 10, 30), 0.5, False),
        (Estimate(-20, -30, -10), 0.1, True),
        (Estimate(0.1, 0.05, 0.15), math.inf, False),
        (Estimate(math.inf, 10, math.inf), 0.5, True),
    ],
)
def test_a_difference_counts_if_it_is_certain_and_large_against_the_claims_distance(
    control: Estimate, claim_distance: float, expected: bool
) -> None:
    assert downgrades(control, claim_distance) is expected


VALUES = Values((1, 2, 3), (), (1, 2, 3), (50.0, 50.0, 50.0))


def test_a_distance_is_a_ratio_to_the_threshold() -> None:
    judged = JudgedCriterion(Criterion("candidate", at_most=100), mean([50, 50, 50]))
    assert distance(judged, Outcome.MET, VALUES) == pytest.approx(math.log(2))


def test_the_distance_at_the_limit_is_that_of_the_nearer_end_of_the_zone() -> None:
    criterion = Criterion("candidate", at_most=50, zone=(40, 100))
    judged = JudgedCriterion(criterion, mean([50, 50, 50]))
    assert distance(judged, Outcome.MET, VALUES) == pytest.approx(0, abs=1e-9)
    assert distance(judged, Outcome.AT_LIMIT, VALUES) == pytest.approx(math.log(1.25))


def test_the_distance_of_a_share_is_a_ratio_of_times() -> None:
    window = np.concatenate([np.full(980, 20.0), np.full(20, 25.0)])
    seen = Latencies((1, 2), (), (window, window), 19)
    judged = JudgedCriterion(
        Criterion("candidate", at_most=1, later_than=100), seen.later_than(100)
    )
    assert distance(judged, Outcome.MET, seen) == pytest.approx(math.log(4))
