"""Statistics over repeats: samples are merged, percentiles never averaged.

The unit of resampling is the repeat, because what lies within one (19 deliveries of
the same message, requests of the same second) is not independent. Method: cluster
bootstrap, percentile interval (Davison and Hinkley, Bootstrap Methods and their
Application, 1997, sections 3.8 and 5.3). With five repeats an interval is coarse; it
errs on neither side knowingly, and every report shows the repeats beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Floats], float]

RESAMPLES = 2000
SEED = 95
Z95 = 1.959963984540054


@dataclass(frozen=True)
class Estimate:
    """A value and its 95 % interval."""

    value: float
    low: float
    high: float


STATISTICS: dict[str, Statistic] = {
    "mean": lambda samples: float(np.mean(samples)),
    "p50": lambda samples: float(np.quantile(samples, 0.50)),
    "p90": lambda samples: float(np.quantile(samples, 0.90)),
    "p95": lambda samples: float(np.quantile(samples, 0.95)),
    "p99": lambda samples: float(np.quantile(samples, 0.99)),
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
    return _interval(statistic(np.concatenate(list(repeats))), resampled(repeats, statistic))


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
    return _interval(value, changes)


def proportion(successes: int, trials: int) -> Estimate:
    """Return a share with Wilson's score interval, which is sound at 0 and at 1.

    Source: Wilson, JASA 22 (1927), 209-212.
    """
    if trials == 0:
        return Estimate(math.nan, 0.0, 1.0)
    share = successes / trials
    scale = 1 + Z95**2 / trials
    centre = (share + Z95**2 / (2 * trials)) / scale
    half = Z95 / scale * math.sqrt(share * (1 - share) / trials + Z95**2 / (4 * trials**2))
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half))


def _interval(value: float, values: Floats) -> Estimate:
    low, high = np.quantile(values, [0.025, 0.975])
    return Estimate(value, float(low), float(high))
