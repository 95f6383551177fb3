"""Judge the control: the baseline compared with itself, A against A, by the same plan."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.measure.deliveries import quantile
from benchmarks.measure.samples import Latencies, Samples
from benchmarks.measure.statistics import Estimate
from benchmarks.measure.verdicts import JudgedCriterion, Outcome

PART_OF_DISTANCE = 0.5
"""Share of the distance to the threshold from which on a difference of A against A counts."""


def downgrades(control: Estimate, distance: float) -> bool:
    """Return whether the control makes a verdict inconclusive.

    It does if both of these hold: the interval of the control excludes 0, and the control is at
    least half as large as the distance of the claim's estimate from its threshold. Then the
    disturbance that changed the control may also have made the verdict. ``distance`` is the
    logarithm of a ratio.
    """
    if control.low <= 0 <= control.high or control.value <= -100:
        return False
    return abs(math.log1p(control.value / 100)) >= PART_OF_DISTANCE * distance


def distance(judged: JudgedCriterion, outcome: Outcome, samples: Samples) -> float:
    """Return the distance of a criterion's estimate from a value that changes its outcome.

    It is the logarithm of a ratio. For a criterion at the limit, the distance is measured to
    the nearer end of its zone. For a share later than a time, times are compared: the quantile
    that belongs to the threshold, and that time.
    """
    criterion = judged.criterion
    ends = [criterion.bound]
    if outcome is Outcome.AT_LIMIT and criterion.zone:
        ends = list(criterion.zone)
    if criterion.later_than is not None and isinstance(samples, Latencies):
        merged = np.concatenate(samples.windows)
        shares = [min(1.0, max(0.0, 1 - end / 100)) for end in ends]
        times = [quantile(merged, share) for share in shares]
        return min(_compare(time, criterion.later_than) for time in times)
    if criterion.of == "change":
        return min(_compare(1 + judged.quantity.value / 100, 1 + end / 100) for end in ends)
    return min(_compare(judged.quantity.value, end) for end in ends)


def _compare(value: float, other: float) -> float:
    """Return the absolute logarithm of the ratio of two values, infinite if there is none."""
    if value <= 0 or other <= 0 or math.isinf(value) or math.isnan(value):
        return math.inf
    return abs(math.log(value / other))
