"""The control: the baseline against itself, A against A, under the plan of the comparison."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.measure.deliveries import quantile
from benchmarks.measure.samples import Latencies, Samples
from benchmarks.measure.statistics import Estimate
from benchmarks.measure.verdicts import Judged, Outcome

PART_OF_DISTANCE = 0.5
"""A difference of A against A counts from this part of the distance to the threshold on."""


def downgrades(control: Estimate, distance: float) -> bool:
    """Return whether a control takes a verdict away.

    It does if the same server differs from itself, its interval excluding no change, by at
    least half as much as the claim's estimate differs from its threshold: then what disturbed
    the control may have made the verdict. ``distance`` is the logarithm of a ratio.
    """
    if control.low <= 0 <= control.high or control.value <= -100:
        return False
    return abs(math.log1p(control.value / 100)) >= PART_OF_DISTANCE * distance


def distance(judged: Judged, outcome: Outcome, samples: Samples) -> float:
    """Return how far a criterion's estimate is from what would change its outcome.

    It is the logarithm of a ratio. For what is at the limit the ends of the zone are what
    counts. A share later than a time is compared in times: the quantile with that time.
    """
    criterion = judged.criterion
    ends = [criterion.bound]
    if outcome is Outcome.AT_LIMIT and criterion.zone:
        ends = list(criterion.zone)
    if criterion.later_than is not None and isinstance(samples, Latencies):
        merged = np.concatenate(samples.windows)
        shares = [min(1.0, max(0.0, 1 - end / 100)) for end in ends]
        times = [quantile(merged, one) for one in shares]
        return min(_ratio(time, criterion.later_than) for time in times)
    if criterion.of == "change":
        return min(_ratio(1 + judged.quantity.value / 100, 1 + end / 100) for end in ends)
    return min(_ratio(judged.quantity.value, end) for end in ends)


def _ratio(one: float, other: float) -> float:
    if one <= 0 or other <= 0 or math.isinf(one) or math.isnan(one):
        return math.inf
    return abs(math.log(one / other))
