"""Decide whether a number of users is served well.

The capacity search and the judgement use the same rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

ERROR_SHARE = 0.001
"""Share of failed operations above which a step fails."""

QUANTILE = 0.99
"""Share of deliveries that have to be in time."""


@dataclass(frozen=True)
class Step:
    """The measurements with one number of connected users.

    ``latencies_ms`` has a value for each expected delivery, infinite if it never arrived.
    ``instrument`` is not empty if the step is invalid because the generator failed, not the
    server.
    """

    users: int
    latencies_ms: npt.NDArray[np.float64]
    operations: int
    errors: int
    unacknowledged: int
    first_error: str = ""
    instrument: tuple[str, ...] = ()


def why_not(step: Step, limit_ms: float) -> str:
    """Return why a step does not hold, or an empty string if it does.

    A step holds if its 99th percentile is within the limit, no delivery or acknowledgement is
    missing, and at most 0.1 % of the operations failed.
    """
    expected = len(step.latencies_ms)
    if not expected:
        return "nothing was delivered"
    missing = int(np.isinf(step.latencies_ms).sum())
    worst = float(np.quantile(step.latencies_ms, QUANTILE, method="higher"))
    if limit_ms < worst < np.inf:
        return f"p99 {worst:,.0f} ms, limit {limit_ms:,.0f} ms"
    if missing:
        return f"{missing:,} of {expected:,} deliveries did not come in time"
    if step.unacknowledged:
        return f"{step.unacknowledged} messages were not acknowledged"
    if step.errors > ERROR_SHARE * max(1, step.operations):
        share = step.errors / max(1, step.operations)
        return f"{share:.1%} of operations failed ({step.first_error})"
    return ""


@dataclass(frozen=True)
class Capacity:
    """The largest number of users that was served well, and the smallest that was not.

    ``users`` is 0 if no step held: the capacity is then *at most* ``failed_at``.
    ``failed_at`` is None if no step failed: the capacity is then *at least* ``users``.
    """

    users: int
    failed_at: int | None
    stopped_by: str

    @property
    def at_least(self) -> bool:
        """Whether the search ended before the server's limit was reached."""
        return self.failed_at is None and self.users > 0

    @property
    def at_most(self) -> bool:
        """Whether no number of users was served well."""
        return self.users == 0 and self.failed_at is not None


def capacity(steps: Sequence[Step], limit_ms: float) -> Capacity:
    """Return the capacity: the largest step that holds below the first that fails.

    Steps that the instrument made invalid decide nothing; each may have been repeated.
    """
    most_users = 0
    invalid = ""
    for step in sorted(steps, key=lambda step: step.users):
        if step.instrument:
            invalid = f"at {step.users} users: {'; '.join(step.instrument)}"
        elif reason := why_not(step, limit_ms):
            return Capacity(most_users, step.users, f"at {step.users} users: {reason}")
        else:
            most_users, invalid = step.users, ""
    return Capacity(most_users, None, invalid or "no step failed")
