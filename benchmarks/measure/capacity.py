"""When a number of users is carried: pure rules, the same while searching and when judging."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ERROR_SHARE = 0.001
"""Failed operations of all operations, from which on a step fails."""

QUANTILE = 0.99
"""The share of deliveries that have to be in time."""


@dataclass(frozen=True)
class Step:
    """What was seen with a number of users there."""

    users: int
    expected: int
    latencies_ms: npt.NDArray[np.float64]
    operations: int
    errors: int
    unacknowledged: int
    first_error: str = ""


def why_not(step: Step, limit_ms: float) -> str:
    """Return why a step does not hold, or nothing if it does.

    A delivery that did not come in time is infinitely late. A step holds if its 99th
    percentile is within the limit, nothing is missing, and fewer than 0.1 % of the
    operations failed.
    """
    missing = step.expected - len(step.latencies_ms)
    late = np.concatenate([step.latencies_ms, np.full(max(0, missing), math.inf)])
    if not len(late):
        return "nothing was delivered"
    worst = float(np.quantile(late, QUANTILE, method="higher"))
    if math.isfinite(worst) and worst > limit_ms:
        return f"p99 {worst:,.0f} ms, limit {limit_ms:,.0f} ms"
    if missing > 0:
        return f"{missing} of {step.expected:,} deliveries did not come in time"
    if step.unacknowledged:
        return f"{step.unacknowledged} messages were not acknowledged"
    if step.errors > ERROR_SHARE * max(1, step.operations):
        share = step.errors / max(1, step.operations)
        return f"{share:.1%} of operations failed ({step.first_error})"
    return ""


@dataclass(frozen=True)
class Capacity:
    """The most users that were carried, and what stopped it there."""

    users: int
    stopped_by: str
    at_least: bool


def capacity(steps: Sequence[Step], limit_ms: float) -> Capacity:
    """Return the largest step that holds below the first that fails.

    ``at_least`` tells that none failed: the search ended for want of users.
    """
    most = 0
    for step in sorted(steps, key=lambda one: one.users):
        reason = why_not(step, limit_ms)
        if reason:
            return Capacity(most, f"at {step.users} users: {reason}", at_least=False)
        most = step.users
    return Capacity(most, "no step failed", at_least=True)
