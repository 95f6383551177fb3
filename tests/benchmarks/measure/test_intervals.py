"""Test each kind of quantity: its value, its interval, and the agreement of its p-value."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.measure.intervals import (
    Change,
    Mean,
    Quantity,
    Share,
    change_over_rounds,
    mean,
    middle,
    paired,
    pooled_spread,
    quantile,
    share,
    welch,
)

RNG = np.random.default_rng(4)
WINDOWS = [RNG.lognormal(2.3, 0.5, 2000) for _ in range(6)]
STARTS = [1, 1, 2, 2, 3, 3]
QUANTITIES: dict[str, tuple[Quantity, list[float]]] = {
    "share": (share([10, 20, 15, 12, 9, 22], [1000] * 6, STARTS), [0.5, 1.2, 1.8, 4]),
    "quantile": (quantile(WINDOWS, STARTS, 0.99, 19), [25.0, 30.0, 35.0, 45.0]),
    "mean": (mean([100, 104, 97, 99]), [90, 99, 104, 120]),
    "middle": (middle([(900, 1300), (1000, 1400), (800, 1200)]), [500, 1000, 1900]),
    "welch": (welch(mean([100, 104, 97]), mean([70, 71, 66])), [-40, -30, -25, 0]),
    "change": (
        Change(
            quantile([one * 20 for one in WINDOWS], STARTS, 0.99, 19),
            quantile(WINDOWS, STARTS, 0.99, 19),
        ),
        [-97, -95.5, -94, -80],
    ),
}


@pytest.mark.parametrize("name", QUANTITIES)
def test_the_p_value_of_a_threshold_is_the_level_at_which_the_interval_reaches_it(
    name: str,
) -> None:
    quantity, thresholds = QUANTITIES[name]
    for threshold in thresholds:
        p = quantity.p_value(threshold)
        wider, narrower = quantity.bounds(p * 0.98), quantity.bounds(min(1.0, p * 1.02))
        assert wider[0] <= threshold <= wider[1]
        # Where the bounds are samples, an interval that ends at the threshold contains it.
        assert p > 0.98 or not narrower[0] < threshold < narrower[1]


@pytest.mark.parametrize("name", QUANTITIES)
def test_a_stricter_level_gives_a_wider_interval(name: str) -> None:
    quantity, _ = QUANTITIES[name]
    bounds = [quantity.bounds(level) for level in (0.5, 0.05, 0.01, 0.001)]
    for narrow, wide in pairwise(bounds):
        assert wide[0] <= narrow[0] <= quantity.value <= narrow[1] <= wide[1]


def test_a_share_without_failures_is_bounded_by_the_number_of_trials() -> None:
    few, many = share([0] * 6, [20] * 6, STARTS), share([0] * 6, [20_000] * 6, STARTS)
    assert (few.value, few.bounds(0.05)[0]) == (0, 0)
    assert few.bounds(0.05)[1] > 3
    assert 0 < many.bounds(0.05)[1] < 0.01


def test_without_failures_no_spread_is_estimated_but_one_window_is_not_enough() -> None:
    none_failed, one_window = share([0] * 6, [20] * 6, STARTS), share([0], [120], [1])
    assert none_failed.freedom == math.inf
    assert one_window.bounds(0.05) == (0, 100)


def test_deliveries_of_one_message_count_as_one_trial() -> None:
    alone = share([0] * 6, [1900] * 6, STARTS)
    together = share([0] * 6, [1900] * 6, STARTS, together=19)
    assert together.effective == pytest.approx(alone.effective / 19)


def test_windows_that_differ_widen_the_interval_of_a_share() -> None:
    alike = share([10] * 6, [1000] * 6, STARTS)
    apart = share([0, 30, 0, 30, 0, 0], [1000] * 6, STARTS)
    assert alike.value == apart.value == 1
    assert apart.bounds(0.05)[1] > 2 * alike.bounds(0.05)[1]


def test_starts_that_differ_are_the_unit_if_the_windows_of_each_agree() -> None:
    counts, sizes = [1, 1, 1, 30, 30, 30, 14, 14, 14], [1000] * 9
    starts = [1] * 3 + [2] * 3 + [3] * 3
    assert share(counts, sizes, starts).freedom == 2
    mixed = [1, 30, 14] * 3
    assert share(mixed, sizes, starts).freedom == 8


def test_a_share_of_a_single_window_has_the_widest_interval() -> None:
    assert share([5], [100], [1]).bounds(0.05) == (0, 100)
    assert share([5], [100], [1]).p_value(90) == 1
    with pytest.raises(ValueError, match="trials"):
        share([], [], [])


@given(st.floats(0, 1), st.floats(1, 1e6), st.integers(1, 50), st.floats(0.001, 0.5))
def test_an_interval_of_a_share_contains_it_and_stays_a_share(
    p: float, effective: float, freedom: int, level: float
) -> None:
    found = Share(p, effective, freedom)
    low, high = found.bounds(level)
    assert 0 <= low <= found.value + 1e-9
    assert found.value - 1e-9 <= high <= 100


def test_a_quantile_is_one_of_the_samples_and_lost_deliveries_are_infinite() -> None:
    lost = [np.concatenate([np.full(97, 10.0), np.full(3, np.inf)]) for _ in range(6)]
    assert quantile(lost, STARTS, 0.99, 1).value == math.inf
    assert quantile(lost, STARTS, 0.95, 1).value == 10
    never = [np.full(50, np.inf)] * 3
    assert quantile(never, [1, 2, 3], 0.99, 1).bounds(0.05) == (math.inf, math.inf)


def test_too_few_samples_leave_a_quantile_without_an_upper_bound() -> None:
    few = [np.linspace(1, 10, 20) for _ in range(3)]
    low, high = quantile(few, [1, 2, 3], 0.99, 1).bounds(0.05)
    assert 0 < low < 10
    assert high == math.inf


def test_a_change_of_a_quantile_handles_lost_deliveries() -> None:
    fine = quantile(WINDOWS, STARTS, 0.99, 1)
    lost = quantile([np.full(500, np.inf) for _ in STARTS], STARTS, 0.99, 1)
    better, worse = Change(lost, fine), Change(fine, lost)
    assert (better.value, better.bounds(0.05)) == (-100, (-100, -100))
    assert worse.value == math.inf
    assert worse.bounds(0.05)[1] == math.inf
    assert math.isnan(Change(lost, lost).value)
    assert Change(lost, lost).bounds(0.05) == (-100, math.inf)


def test_a_mean_of_starts_has_students_interval_on_the_logarithmic_scale() -> None:
    found = mean([math.exp(1), math.exp(2), math.exp(3)])
    low, high = found.bounds(0.05)
    half = 4.302653 / math.sqrt(3)
    assert found.value == pytest.approx(math.exp(2))
    assert (low, high) == (
        pytest.approx(math.exp(2 - half)),
        pytest.approx(math.exp(2 + half)),
    )
    assert mean([5.0]).bounds(0.05) == (0, math.inf)


def test_an_effect_common_to_a_round_cancels_in_the_differences() -> None:
    steady = {1: 1.0, 2: 1.1, 3: 0.9}
    drifting = {one: value + one for one, value in steady.items()}
    half = {one: value - math.log(2) for one, value in drifting.items()}
    change = change_over_rounds(paired(drifting, half), [])
    assert change.value == pytest.approx(-50)
    assert change.bounds(0.05) == pytest.approx((-50, -50))
    assert len(paired({1: 0.0, 2: 0.0}, {2: 1.0, 3: 1.0})) == 1


def test_the_spread_of_other_ways_of_serving_narrows_the_interval_of_three_rounds() -> None:
    own = np.array([0.5, 0.52, 0.51])
    alone = change_over_rounds(own, [])
    assert (alone.freedom, alone.error) == (2, pytest.approx(own.std(ddof=1) / math.sqrt(3)))
    others = [np.array([0.1, 0.14, 0.12]), np.array([-0.3, -0.26, -0.28])]
    helped = change_over_rounds(own, others)
    assert helped.freedom == 5
    assert helped.error > alone.error  # the others differ more
    assert helped.bounds(0.01)[1] < alone.bounds(0.01)[1]
    # A way that is far noisier than all others widens its own interval, not theirs.
    noisy = change_over_rounds(own, [others[0], 30 * others[1]])
    assert noisy.error == pytest.approx(helped.error, rel=0.05)
    assert change_over_rounds(30 * others[1], [own, others[0]]).error > 5 * helped.error
    # Two ways of serving say nothing about how far ways differ.
    assert change_over_rounds(own, others[:1]).freedom == 2


@pytest.mark.parametrize(("unequal", "most"), [(0.0, 5.5), (0.5, 6.5)])
def test_the_interval_of_a_change_over_rounds_misses_as_often_as_it_says(
    unequal: float, most: float
) -> None:
    """Simulate four ways and a baseline with two starts a round, and noise that may differ."""
    rng = np.random.default_rng(15)
    missed = dict.fromkeys((0.05, 0.01), 0)
    runs = 4000
    for _ in range(runs):
        noise = 0.06 * np.exp(rng.normal(0, unequal, 5))
        drift = rng.normal(0, 0.15, 3)
        base = dict(enumerate(drift + rng.normal(0, noise[0], (2, 3)).mean(axis=0)))
        differences = [
            paired(base, dict(enumerate(drift + rng.normal(0, one, 3)))) for one in noise[1:]
        ]
        change = change_over_rounds(differences[0], differences[1:])
        for level in missed:
            low, high = change.bounds(level)
            missed[level] += not low <= 0 <= high
    assert 3.0 <= 100 * missed[0.05] / runs <= most
    assert 100 * missed[0.01] / runs <= 1.8


def test_a_change_of_means_has_the_degrees_of_freedom_of_welch() -> None:
    old, new = Mean(0, 0.1, 2), Mean(-0.5, 0.1, 2)
    assert welch(old, new).freedom == pytest.approx(4)
    assert welch(Mean(0, 1e-9, 2), new).freedom == pytest.approx(2)
    assert welch(old, new).value == pytest.approx((math.exp(-0.5) - 1) * 100)


def test_searches_that_agree_are_as_uncertain_as_their_brackets_are_wide() -> None:
    spread = pooled_spread([[(1000, 1500)] * 3, [(10, 15)] * 3, [(7, 9)]])
    widths = [math.log(1.5)] * 6 + [math.log(9 / 7)]
    assert spread.freedom == 4
    assert spread.variance == pytest.approx(sum(one**2 for one in widths) / len(widths) / 12)
    alike = middle([(1000, 1500)] * 3, spread)
    assert alike.value == pytest.approx(math.sqrt(1000 * 1500))
    assert alike.error == pytest.approx(math.sqrt(spread.variance / 3))
    # One search on another server is as certain as one of these.
    assert middle([(7, 9)], spread).error == pytest.approx(math.sqrt(spread.variance))


def test_the_spread_of_searches_is_estimated_within_each_server_only() -> None:
    spread = pooled_spread([[(100, 101), (200, 202)], [(5000, 5050), (5000, math.inf)], []])
    assert spread.freedom == 1
    assert spread.variance == pytest.approx(math.log(2) ** 2 / 2)
    assert pooled_spread([[(5000, 5050)], [(0, 20)]]).freedom == 0
    assert middle([(5000, 5050)], pooled_spread([])).bounds(0.05) == (0, math.inf)


def test_a_change_of_searches_uses_the_pooled_spread_of_both() -> None:
    spread = pooled_spread([[(1000, 1200), (1100, 1320)], [(10, 12), (11, 13.2)]])
    change = welch(middle([(10, 12)], spread), middle([(1000, 1200)], spread))
    assert change.freedom == spread.freedom == 2
    assert change.error == pytest.approx(math.sqrt(2 * spread.variance))


def test_the_intervals_of_searches_miss_the_change_as_often_as_they_say() -> None:
    """Search 2,000 times on three servers of known capacity, from a random point of the grid."""
    rng = np.random.default_rng(1908)
    mesh, truths, starts = 1.2, (880.0, 1650.0, 6600.0), (3, 3, 1)
    missed = 0
    for _ in range(2000):
        found = []
        for truth, count in zip(truths, starts, strict=True):
            limits = truth * np.exp(rng.normal(0, 0.06, count))
            low = limits / mesh ** rng.uniform(0, 1, count)
            found.append([(one, one * mesh) for one in low])
        spread = pooled_spread(found)
        change = welch(middle(found[0], spread), middle(found[2], spread))
        low, high = change.bounds(0.05)
        missed += not low <= (truths[2] / truths[0] - 1) * 100 <= high
    assert 0.02 <= missed / 2000 <= 0.06


def test_a_search_in_which_no_step_or_every_step_failed_still_has_one_bound() -> None:
    at_least = middle([(4000, math.inf)] * 3)
    assert at_least.bounds(0.01) == (pytest.approx(4000), math.inf)
    at_most = middle([(0, 20)] * 3)
    assert at_most.bounds(0.01) == (0, pytest.approx(20))
    change = welch(at_most, at_least)
    assert change.bounds(0.01) == (pytest.approx(19_900), math.inf)


@settings(max_examples=30)
@given(st.lists(st.floats(1, 1e4), min_size=2, max_size=8))
def test_every_start_has_the_same_weight(values: list[float]) -> None:
    one, other = mean(values), mean(values[::-1])
    assert one.value == pytest.approx(other.value)
    assert one.error == pytest.approx(other.error, abs=1e-9)
