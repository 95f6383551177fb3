from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scenarios.fanout import RateSearch


def tried(search: RateSearch, carried: float) -> list[float]:
    """Return the rates that are tried on a server that carries so much."""
    rates = []
    while (rate := search.next()) is not None:
        rates.append(rate)
        search.note(rate, rate <= carried)
    return rates


def test_rates_double_until_one_fails_then_the_gap_is_halved_twice() -> None:
    rates = tried(RateSearch(1000, 500, 10**6), carried=5000)
    assert rates == pytest.approx([1000, 2000, 4000, 8000, 5657, 4757], rel=1e-3)


@pytest.mark.parametrize("carried", [5000, 300])
def test_only_the_first_stride_is_of_another_length(carried: float) -> None:
    first, second, third, *_ = tried(RateSearch(1000, 20, 10**6, stride=3), carried)
    direction = 1 if carried > first else -1
    assert (first, second, third) == pytest.approx(
        (1000, 1000 * 3.0**direction, 1000 * 6.0**direction)
    )


def test_where_the_first_fails_the_search_goes_down() -> None:
    rates = tried(RateSearch(1000, 200, 10**6), carried=300)
    assert rates == pytest.approx([1000, 500, 250, 353.6, 297.3], rel=1e-3)


def test_it_ends_where_there_is_nothing_to_hold_and_where_nothing_fails() -> None:
    assert tried(RateSearch(1000, 400, 10**6), carried=1) == [1000, 500, 400]
    assert tried(RateSearch(1000, 400, 5000), carried=10**9) == [1000, 2000, 4000]


@given(st.floats(1000, 500_000), st.floats(2**0.5, 2**1.5))
def test_it_ends_within_a_fifth_of_what_is_carried(carried: float, stride: float) -> None:
    search = RateSearch(1000, 100, 10**6, stride)
    assert len(tried(search, carried)) <= 14
    assert search.held <= carried < search.held * 2**0.25 * 1.001
