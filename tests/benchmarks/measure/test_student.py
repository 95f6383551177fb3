"""Test Student's t and Fisher's F against printed tables."""

from __future__ import annotations

import math

import pytest

from benchmarks.measure.student import critical_t, f_p, two_sided_p


@pytest.mark.parametrize(
    ("level", "freedom", "t"),
    [
        (0.05, 1, 12.706),
        (0.05, 2, 4.303),
        (0.05, 5, 2.571),
        (0.05, 30, 2.042),
        (0.01, 4, 4.604),
        (0.001, 10, 4.587),
        (0.05, math.inf, 1.960),
        (0.01, math.inf, 2.576),
    ],
)
def test_critical_values_are_those_of_the_tables(level: float, freedom: float, t: float) -> None:
    assert critical_t(level, freedom) == pytest.approx(t, abs=6e-4)
    assert two_sided_p(critical_t(level, freedom), freedom) == pytest.approx(level, rel=1e-9)


@pytest.mark.parametrize(
    ("f", "above", "below"), [(4.10, 2, 10), (5.05, 5, 5), (2.71, 5, 20), (161.4, 1, 1)]
)
def test_5_percent_of_f_lie_beyond_the_value_of_the_table(f: float, above: int, below: int) -> None:
    assert f_p(f, above, below) == pytest.approx(0.05, abs=3e-4)


def test_without_degrees_of_freedom_every_p_value_is_one() -> None:
    assert two_sided_p(1000, 0) == 1
    assert critical_t(0.05, 0) == math.inf
    assert f_p(1000, 0, 5) == 1
