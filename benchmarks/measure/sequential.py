"""How strict each look at growing data has to be, so that all of them together err rarely.

A test at 5 % after each of four rounds errs in more than 5 % of the runs. A
group-sequential design has a boundary for each look instead. The boundary is computed by the
recursion of Armitage, McPherson and Rowe (Journal of the Royal Statistical Society A 132, 1969).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

NODES = 128
"""Points of the quadrature over the values that cross no boundary."""

BOUNDARIES = ("pocock", "obrien-fleming")


@dataclass(frozen=True)
class Design:
    """When a run looks at its data, and how often it may err.

    ``looks`` are numbers of rounds; ``information`` has, for each, the share of all planned
    measuring time that is then over.
    """

    level: float
    boundary: str
    looks: tuple[int, ...]
    information: tuple[float, ...]
    least_starts: int

    def nominal_level(self, round_number: int) -> float:
        """Return the two-sided level of a test after a round.

        Between two looks the earlier one counts, before the first the first.
        """
        look = max([0, *(i for i, one in enumerate(self.looks) if one <= round_number)])
        return nominal_levels(self.boundary, self.information, self.level)[look]


@lru_cache
def nominal_levels(
    boundary: str, information: tuple[float, ...], level: float
) -> tuple[float, ...]:
    """Return the two-sided level of the test at each look."""
    shape = boundary_shape(boundary, information)
    constant = boundary_constant(boundary, information, level)
    return tuple(math.erfc(constant * one / math.sqrt(2)) for one in shape)


def boundary_shape(boundary: str, information: Sequence[float]) -> list[float]:
    """Return the boundary of each look as a multiple of that of the last.

    Pocock (Biometrika 64, 1977) has one boundary for all looks, O'Brien and Fleming
    (Biometrics 35, 1979) one that falls with the square root of the information.
    """
    if boundary == "pocock":
        return [1.0 for _ in information]
    return [math.sqrt(information[-1] / one) for one in information]


@lru_cache
def boundary_constant(boundary: str, information: tuple[float, ...], level: float) -> float:
    """Return the boundary of the last look, in standard deviations."""
    shape = boundary_shape(boundary, information)
    low, high = 0.0, 10.0
    while high - low > 1e-6:
        constant = (low + high) / 2
        errs = crossing_probability([constant * one for one in shape], information)
        low, high = (constant, high) if errs > level else (low, constant)
    return high


def crossing_probability(boundaries: Sequence[float], information: Sequence[float]) -> float:
    """Return how probable it is that pure noise crosses a boundary at one look or another."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    before, density, time = np.array([0.0]), np.array([1.0]), 0.0
    for boundary, at in zip(boundaries, information, strict=True):
        # A Brownian motion, seen at the times of the looks, that has crossed nothing so far.
        limit, step = boundary * math.sqrt(at), at - time
        here = nodes * limit
        jumps = np.exp(-((here[:, None] - before[None, :]) ** 2) / (2 * step))
        density = jumps @ density / math.sqrt(2 * math.pi * step) * weights * limit
        before, time = here, at
    return 1 - float(density.sum())
