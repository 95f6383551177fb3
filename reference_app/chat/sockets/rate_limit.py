"""Rate limits: a client that sends too often waits, or its frames are dropped."""

from __future__ import annotations


class RateLimit:
    """A token bucket: ``burst`` calls at once, then ``per_second`` of them.

    The generic cell rate algorithm (ITU-T I.371): only the time at which the bucket will be
    full again is kept.
    """

    __slots__ = ("_full_at", "_interval", "_tolerance")

    def __init__(self, burst: int, per_second: float) -> None:
        self._interval = 1 / per_second
        self._tolerance = (burst - 1) * self._interval
        self._full_at = 0.0

    def delay(self, now: float) -> float:
        """Record a call made at ``now``; return the seconds that it has to wait."""
        start = max(self._full_at, now)
        self._full_at = start + self._interval
        return max(0.0, start - self._tolerance - now)

    def allows(self, now: float) -> bool:
        """Return whether a call may be made at ``now`` without waiting; record it if so."""
        if max(self._full_at, now) - self._tolerance > now:
            return False
        self.delay(now)
        return True
