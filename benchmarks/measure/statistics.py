"""Figures that no claim is about, over starts: samples are merged, percentiles never averaged.

What decides a claim is in intervals.py. The unit of resampling is the repeat, because what
lies within one (19 deliveries of the same message, requests of the same second) is not
independent. Method: cluster bootstrap (Davison and Hinkley, Bootstrap Methods and their
Application, 1997, section 3.8), expanded percentile interval (Hesterberg, What Teachers Should
Know About the Bootstrap, The American Statistician 69, 2015, section 4.3): of five repeats the
plain percentile interval covers the truth in about 83 of 100 cases rather than 95. With few
repeats an interval is coarse all the same, and every report shows the repeats too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], float]

RESAMPLES = 10_000
SEED = 95
Z95 = 1.959963984540054
NORMAL = NormalDist()


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


STATISTICS: dict[str, Statistic] = {
    "mean": lambda samples: float(np.mean(samples)),
    "p50": lambda samples: float(np.quantile(samples, 0.50)),
    # Far quantiles are one of the samples: some may be infinite, and have no mean.
    "p90": lambda samples: float(np.quantile(samples, 0.90, method="higher")),
    "p95": lambda samples: float(np.quantile(samples, 0.95, method="higher")),
    "p99": lambda samples: float(np.quantile(samples, 0.99, method="higher")),
}


def resampled(repeats: Sequence[Floats], statistic: Statistic, seed: int = SEED) -> Floats:
    """Return the statistic of the merged samples of RESAMPLES draws of the repeats.

    Raises:
        ValueError: there are no repeats, or one is empty.
    """
    if not repeats or any(len(samples) == 0 for samples in repeats):
        raise ValueError("a bootstrap needs at least one repeat, and samples in each")
    rng = np.random.default_rng(seed)
    draws = rng.integers(0, len(repeats), size=(RESAMPLES, len(repeats)))
    # Few repeats make few different draws: each is computed once.
    distinct, where = np.unique(np.sort(draws, axis=1), axis=0, return_inverse=True)
    values = np.array(
        [statistic(np.concatenate([repeats[index] for index in draw])) for draw in distinct]
    )
    return values[where.ravel()]


def estimate(repeats: Sequence[Floats], statistic: Statistic) -> Estimate:
    """Return the statistic of all samples together, with its bootstrap interval."""
    value = statistic(np.concatenate(list(repeats)))
    return _interval(value, resampled(repeats, statistic), len(repeats))


def change_percent(
    baseline: Sequence[Floats], candidate: Sequence[Floats], statistic: Statistic
) -> Estimate:
    """Return by how many percent of the baseline the candidate differs from it."""
    old = statistic(np.concatenate(list(baseline)))
    new = statistic(np.concatenate(list(candidate)))
    olds = resampled(baseline, statistic, SEED)
    news = resampled(candidate, statistic, SEED + 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = (news - olds) / olds * 100
        value = float((np.float64(new) - old) / old * 100)
    return _interval(value, changes, min(len(baseline), len(candidate)))


def _interval(value: float, values: Floats, repeats: int) -> Estimate:
    tail = _tail(repeats)
    with np.errstate(invalid="ignore"):  # Between two that are infinite there is nothing.
        low, high = np.quantile(values, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))


def _tail(repeats: int) -> float:
    """Return the share of the resampled values that is cut off on each side.

    For many repeats 2.5 %; for few so much less as makes up for a spread that is taken
    over n rather than n - 1, and for the normal's tails being thinner than Student's.
    """
    if repeats == 1:
        return 0.0
    return NORMAL.cdf(-math.sqrt(repeats / (repeats - 1)) * _student(repeats - 1))


def _student(freedom: int) -> float:
    """Return Student's t at 97.5 %, to 0.1 % from four degrees of freedom on.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    z = Z95
    return (
        z
        + (z**3 + z) / (4 * freedom)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * freedom**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * freedom**4)
    )
