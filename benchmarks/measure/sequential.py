"""Compute the significance level of each interim analysis in a group-sequential design.

An interim analysis, or look, is a test of the data measured so far. A test at 5 % after each of
four rounds gives a wrong result in more than 5 % of the runs. A group-sequential design has a
stricter boundary for each look instead, so that all looks together keep to the level. The
boundary is computed by the recursion of Armitage, McPherson and Rowe (Journal of the Royal
Statistical Society A 132, 1969).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

NODES = 128
"""Number of points of the quadrature over the values that cross no boundary."""

BOUNDARIES = ("pocock", "obrien-fleming")


@dataclass(frozen=True)
class Design:
    """The interim analyses of a run and its overall significance level.

    ``looks`` has the number of the round after which each interim analysis takes place.
    ``information`` has, for each, the share of all planned measuring time that is over by then.
    """

    level: float
    boundary: str
    looks: tuple[int, ...]
    information: tuple[float, ...]
    least_starts: int

    def nominal_level(self, round_number: int) -> float:
        """Return the two-sided level of a test after a round.

        Between two looks, the level of the earlier one applies; before the first look, that of
        the first.
        """
        look = max([0, *(i for i, number in enumerate(self.looks) if number <= round_number)])
        return nominal_levels(self.boundary, self.information, self.level)[look]


@lru_cache
def nominal_levels(
    boundary: str, information: tuple[float, ...], level: float
) -> tuple[float, ...]:
    """Return the two-sided level of the test at each look."""
    shape = boundary_shape(boundary, information)
    constant = boundary_constant(boundary, information, level)
    return tuple(math.erfc(constant * multiple / math.sqrt(2)) for multiple in shape)


def boundary_shape(boundary: str, information: Sequence[float]) -> list[float]:
    """Return the boundary of each look as a multiple of the boundary of the last look.

    Pocock (Biometrika 64, 1977) has the same boundary for all looks. O'Brien and Fleming
    (Biometrics 35, 1979) have one that falls with the square root of the information.
    """
    if boundary == "pocock":
        return [1.0 for _ in information]
    return [math.sqrt(information[-1] / share) for share in information]


@lru_cache
def boundary_constant(boundary: str, information: tuple[float, ...], level: float) -> float:
    """Return the boundary of the last look, in standard deviations."""
    shape = boundary_shape(boundary, information)
    low, high = 0.0, 10.0
    while high - low > 1e-6:
        constant = (low + high) / 2
        error = crossing_probability([constant * multiple for multiple in shape], information)
        low, high = (constant, high) if error > level else (low, constant)
    return high


def crossing_probability(boundaries: Sequence[float], information: Sequence[float]) -> float:
    """Return the probability that pure noise crosses the boundary at any of the looks."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    before, density, time = np.array([0.0]), np.array([1.0]), 0.0
    for boundary, at in zip(boundaries, information, strict=True):
        # The noise is a Brownian motion. Its density at the time of each look is computed for
        # the paths that have crossed no boundary so far.
        limit, step = boundary * math.sqrt(at), at - time
        here = nodes * limit
        jumps = np.exp(-((here[:, None] - before[None, :]) ** 2) / (2 * step))
        density = jumps @ density / math.sqrt(2 * math.pi * step) * weights * limit
        before, time = here, at
    return 1 - float(density.sum())
