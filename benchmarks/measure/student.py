"""Compute Student's t and Fisher's F from the incomplete beta function, to about ten digits.

Sources: Abramowitz and Stegun, Handbook of Mathematical Functions, 1964, sections 26.5 to 26.7.
The continued fraction is also from there (26.5.8); it is evaluated by Lentz's method.
"""

from __future__ import annotations

import math
from functools import lru_cache

STEPS = 500
"""Maximum number of terms of the continued fraction; a few dozen are usual."""

PRECISION = 1e-12
TINY = 1e-300


@lru_cache(maxsize=65_536)
def two_sided_p(t: float, freedom: float) -> float:
    """Return the probability of a t at least as far from 0; 1 without degrees of freedom."""
    if freedom <= 0 or math.isnan(t):
        return 1.0
    if math.isinf(t):
        return 0.0
    if math.isinf(freedom):
        return math.erfc(abs(t) / math.sqrt(2))
    return _beta(freedom / 2, 0.5, freedom / (freedom + t * t))


@lru_cache(maxsize=65_536)
def critical_t(level: float, freedom: float) -> float:
    """Return the t whose absolute value is exceeded with the probability ``level``."""
    if freedom <= 0 or level <= 0:
        return math.inf
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > level:
        low, high = high, high * 2
    while high - low > PRECISION * high:
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided_p(middle, freedom) > level else (low, middle)
    return (low + high) / 2


def f_p(f: float, above: int, below: int) -> float:
    """Return the probability of an F at least as large.

    ``above`` and ``below`` are the degrees of freedom of its numerator and denominator.
    """
    if above <= 0 or below <= 0:
        return 1.0
    if math.isinf(f):
        return 0.0
    return _beta(below / 2, above / 2, below / (below + above * f))


def _beta(a: float, b: float, x: float) -> float:
    """Return the regularised incomplete beta function."""
    if x <= 0 or x >= 1:
        return min(1.0, max(0.0, x))
    # The continued fraction converges fast only on one side of the mean.
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta_below_mean(b, a, 1 - x)
    return _beta_below_mean(a, b, x)


def _beta_below_mean(a: float, b: float, x: float) -> float:
    factor = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    c, d = 1.0, _inverse(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            d, c = _inverse(1 + term * d), 1 + term / c
            change = d * c
            fraction *= change
        if abs(change - 1) < PRECISION:
            break
    return factor * fraction / a


def _inverse(value: float) -> float:
    return 1 / (value if abs(value) > TINY else TINY)
