from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scenarios.fanout import RateSearch


def rates_tried(search: RateSearch, sustained: float) -> list[float]:
    """Return the rates that a search tries on a server that sustains this rate."""
    rates = []
    while (rate := search.next()) is not None:
        rates.append(rate)
        search.record(rate, rate <= sustained)
    return rates


def test_rates_double_until_one_fails_then_the_gap_is_halved_twice() -> None:
    rates = rates_tried(RateSearch(1000, 500, 10**6), sustained=5000)
    assert rates == pytest.approx([1000, 2000, 4000, 8000, 5657, 4757], rel=1e-3)


@pytest.mark.parametrize("sustained", [5000, 300])
def test_only_the_first_stride_has_another_length(sustained: float) -> None:
    first, second, third, *_ = rates_tried(RateSearch(1000, 20, 10**6, stride=3), sustained)
    direction = 1 if sustained > first else -1
    assert (first, second, third) == pytest.approx(
        (1000, 1000 * 3.0**direction, 1000 * 6.0**direction)
    )


def test_rates_decrease_if_the_first_one_fails() -> None:
    rates = rates_tried(RateSearch(1000, 200, 10**6), sustained=300)
    assert rates == pytest.approx([1000, 500, 250, 353.6, 297.3], rel=1e-3)


def test_the_search_ends_at_the_slowest_and_at_the_fastest_rate() -> None:
    assert rates_tried(RateSearch(1000, 400, 10**6), sustained=1) == [1000, 500, 400]
    assert rates_tried(RateSearch(1000, 400, 5000), sustained=10**9) == [1000, 2000, 4000]


@given(st.floats(1000, 500_000), st.floats(2**0.5, 2**1.5))
def test_the_result_is_within_a_fifth_of_the_sustained_rate(
    sustained: float, stride: float
) -> None:
    search = RateSearch(1000, 100, 10**6, stride)
    assert len(rates_tried(search, sustained)) <= 14
    assert search.held <= sustained < search.held * 2**0.25 * 1.001
