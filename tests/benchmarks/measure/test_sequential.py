"""Test the boundaries of group sequential tests against the published constants."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.measure.sequential import (
    Design,
    boundary_constant,
    crossing_probability,
    nominal_levels,
)


def equal_steps(looks: int) -> tuple[float, ...]:
    return tuple((look + 1) / looks for look in range(looks))


@pytest.mark.parametrize(("looks", "constant"), [(2, 2.178), (3, 2.289), (4, 2.361), (5, 2.413)])
def test_the_boundary_is_pococks(looks: int, constant: float) -> None:
    assert boundary_constant("pocock", equal_steps(looks), 0.05) == pytest.approx(
        constant, abs=5e-4
    )


@pytest.mark.parametrize(("looks", "constant"), [(2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040)])
def test_the_boundary_is_obriens_and_flemings(looks: int, constant: float) -> None:
    found = boundary_constant("obrien-fleming", equal_steps(looks), 0.05)
    assert found == pytest.approx(constant, abs=6e-4)


def test_obrien_fleming_levels_start_strict_and_pocock_levels_are_constant() -> None:
    strict = nominal_levels("obrien-fleming", equal_steps(5), 0.05)
    first = 2.040 * math.sqrt(5)
    assert strict[0] == pytest.approx(math.erfc(first / math.sqrt(2)), rel=0.02)
    assert list(strict) == sorted(strict)
    assert nominal_levels("pocock", equal_steps(5), 0.05)[0] == pytest.approx(0.0158, abs=1e-4)


def test_one_look_needs_no_correction() -> None:
    for boundary in ("pocock", "obrien-fleming"):
        assert nominal_levels(boundary, (1.0,), 0.05)[0] == pytest.approx(0.05, rel=1e-4)


def test_pure_noise_crosses_as_often_as_computed() -> None:
    rng = np.random.default_rng(11)
    times = np.array([0.25, 0.5, 0.75, 1.0])
    steps = rng.normal(0, 0.5, (100_000, 4))
    z = np.cumsum(steps, axis=1) / np.sqrt(times)
    crossed = (np.abs(z) > 2.2).any(axis=1).mean()
    assert crossing_probability([2.2] * 4, times) == pytest.approx(crossed, abs=0.003)


def test_a_round_between_two_looks_has_the_level_of_the_earlier_one() -> None:
    design = Design(0.05, "obrien-fleming", (3, 5), (0.5, 1.0), 3)
    first, second = nominal_levels("obrien-fleming", (0.5, 1.0), 0.05)
    levels = [design.nominal_level(number) for number in (1, 3, 4, 5, 9)]
    assert levels == [first, first, first, second, second]
