from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measure.statistics import (
    STATISTICS,
    change_percent,
    estimate,
    resampled,
)

repeats = st.lists(
    st.lists(st.floats(0.1, 1e6), min_size=1, max_size=30).map(np.array), min_size=1, max_size=6
)


def test_a_percentile_is_of_the_merged_samples_not_a_mean_of_percentiles() -> None:
    quiet, busy = np.full(900, 1.0), np.full(100, 1000.0)
    assert estimate([quiet, busy], STATISTICS["p50"]).value == 1.0
    assert estimate([quiet, busy], STATISTICS["p99"]).value == 1000.0


@given(repeats)
def test_an_interval_lies_within_the_range_of_the_samples(samples: list[np.ndarray]) -> None:
    found = estimate(samples, STATISTICS["p50"])
    merged = np.concatenate(samples)
    if len(samples) == 1:
        assert np.isnan([found.low, found.high]).all()
    else:
        assert merged.min() <= found.low <= found.high <= merged.max()


def test_repeats_that_agree_have_a_narrow_interval_and_others_a_wide_one() -> None:
    agreeing = estimate([np.array([10.0])] * 5, STATISTICS["mean"])
    assert (agreeing.low, agreeing.high) == (10.0, 10.0)
    differing = estimate([np.array([float(n)]) for n in range(5, 16, 2)], STATISTICS["mean"])
    assert differing.high - differing.low > 3


def test_the_same_samples_give_the_same_interval() -> None:
    samples = [np.array([1.0, 5.0]), np.array([2.0]), np.array([9.0, 4.0])]
    assert (resampled(samples, np.mean) == resampled(samples, np.mean)).all()


@pytest.mark.parametrize("repeats", [5, 20])
def test_an_interval_covers_the_truth_about_as_often_as_it_says(repeats: int) -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(200):
        samples = [np.array([value]) for value in rng.normal(100, 10, size=repeats)]
        found = estimate(samples, STATISTICS["mean"])
        covered += found.low <= 100 <= found.high
    assert covered >= 0.88 * 200


def test_a_change_is_relative_to_the_baseline() -> None:
    found = change_percent([np.array([200.0])] * 5, [np.array([50.0])] * 5, np.mean)
    assert (found.value, found.low, found.high) == (-75.0, -75.0, -75.0)


def test_resampling_needs_at_least_one_repeat() -> None:
    with pytest.raises(ValueError, match="at least one repeat"):
        resampled([], np.mean)


def test_a_high_percentile_may_be_infinite() -> None:
    samples = np.concatenate([np.full(970, 1.0), np.full(30, np.inf)])
    assert STATISTICS["p95"](samples) == 1.0
    assert STATISTICS["p99"](samples) == np.inf
