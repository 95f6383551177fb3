"""Runs a probe for all requests that ask for its result: one at a time, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

ANSWER_SECONDS = 0.8
"""Time after which a probe that still runs counts as failed. It bounds the time of a request; the
thread ends later, or never if the kernel does not notice that a server is gone."""

CACHE_SECONDS = 1.0
"""Time for which a result is kept."""


class SharedProbe:
    """A probe whose newest run serves all requests; safe to use from any thread."""

    def __init__(self, probe: Callable[[], None]) -> None:
        self._probe = probe
        self._lock = threading.Lock()
        self._run: _Run | None = None

    def start(self) -> _Run:
        """Return the run in progress, or one that has just ended, or a new one."""
        with self._lock:
            if self._run is None or self._run.is_old():
                self._run = _Run(self._probe)
            return self._run

    def error(self) -> Exception | None:
        """Return why the probe fails, or None if it succeeds; wait for at most ANSWER_SECONDS."""
        return self.start().error()


class _Run:
    """One run of a probe."""

    def __init__(self, probe: Callable[[], None]) -> None:
        self._probe = probe
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._ended_at = 0.0
        self._error: Exception | None = None
        threading.Thread(target=self._execute, name="probe", daemon=True).start()

    def is_old(self) -> bool:
        """Return whether it ended so long ago that its result is not used any more."""
        return self._ended.is_set() and time.monotonic() - self._ended_at > CACHE_SECONDS

    def error(self) -> Exception | None:
        """Return why the probe failed; wait until it has ended or taken too long."""
        remaining = self._began + ANSWER_SECONDS - time.monotonic()
        if not self._ended.wait(max(0.0, remaining)):
            return TimeoutError(f"no answer within {ANSWER_SECONDS:g} s")
        return self._error

    def _execute(self) -> None:
        try:
            self._probe()
        except Exception as error:  # noqa: BLE001 - whatever it is, the service is not available
            self._error = error
        finally:
            self._ended_at = time.monotonic()
            self._ended.set()
