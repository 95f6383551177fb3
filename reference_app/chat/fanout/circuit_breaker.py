"""Circuit breaker: stop calling a service that does not answer, and retry now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

from reference_app.runtime.outages import Outage

RETRY_SECONDS = 1.0
"""Pause before a service that did not answer in time is called again; doubled each time."""

MAX_RETRY_SECONDS = 16.0
"""The longest pause. A call may wait for its time limit, so a caller pays for few of them."""


class CircuitBreaker:
    """Decides whether to call a service, and records its failures.

    A call that fails slowly, by a time limit, opens it: it then allows one call after each pause,
    and the first that succeeds closes it. Calls that fail at once cost nobody any time, so they
    are always allowed. Its methods only assign, so threads may share one: at worst, two of them
    try again at the same time.
    """

    def __init__(self, outage: Outage, clock: Callable[[], float] = time.monotonic) -> None:
        self._outage = outage
        self._clock = clock
        self._has_failed = False
        self._retry_at = 0.0
        self._pause = RETRY_SECONDS

    @property
    def has_failed(self) -> bool:
        """Whether the service did not answer when it was last called."""
        return self._has_failed

    def allows_call(self) -> bool:
        """Return whether to call the service now."""
        if not self._retry_at:
            return True
        now = self._clock()
        if now < self._retry_at:
            return False
        self._retry_at = now + self._pause
        return True

    def failed(self, error: BaseException, *, slowly: bool) -> None:
        """Record a call that failed: ``slowly``, at its time limit, or at once."""
        self._outage.failed(error)
        if not self._has_failed:
            self._pause = RETRY_SECONDS
        self._has_failed = True
        if slowly:
            self._retry_at = self._clock() + self._pause
            self._pause = min(self._pause * 2, MAX_RETRY_SECONDS)
        else:
            self._retry_at = 0.0

    def succeeded(self) -> None:
        """Record a call that succeeded."""
        self._retry_at = 0.0
        self._has_failed = False
