"""Outages of the database, the channel layer and the cache: counted, and logged once.

While a dependency is away, each request, frame and retry fails. An outage is one line in the log
when it begins, and one when it ends, with its duration and the number of failures. While it lasts,
a thread probes the dependency, because no request may come that would notice its end.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import DataError, Error, IntegrityError, NotSupportedError, ProgrammingError

from reference_app.runtime.metrics import Dependency, metrics
from reference_app.runtime.probes import probe_cache, probe_database, probe_redis

logger = logging.getLogger(__name__)

PROBE_SECONDS = 1.0
"""Time between two probes of a dependency that has failed."""

QUIET_SECONDS = 3.0
"""Time without a failure after which an outage has ended, if a probe succeeds. A probe alone is
not enough: what it does may succeed while something else fails."""

DEFECTS = (DataError, IntegrityError, NotSupportedError, ProgrammingError)
"""Errors of the database that a statement causes, not an outage."""


class Outage:
    """The current outage of one dependency, or none; safe to use from any thread."""

    def __init__(self, dependency: Dependency, consequence: str, probe: Callable[[], None]) -> None:
        self._dependency = dependency
        self._name = dependency.replace("_", " ")
        self._consequence = consequence
        self._probe = probe
        self._lock = threading.Lock()
        self._in_progress = False
        self._began = 0.0
        self._last_failure = 0.0
        self._failures = 0

    @property
    def in_progress(self) -> bool:
        """Whether the dependency has failed and is not known to be back."""
        return self._in_progress

    def failed(self, reason: BaseException | str) -> None:
        """Record a failure; the first one begins an outage."""
        metrics().dependency_failed(self._dependency)
        with self._lock:
            self._last_failure = time.monotonic()
            self._failures += 1
            if self._in_progress:
                return
            self._in_progress = True
            self._began = self._last_failure
        metrics().outage(self._dependency, in_progress=True)
        text = str(reason) or type(reason).__name__
        logger.warning("%s: %s; %s", self._name, " ".join(text.split()), self._consequence)
        name = f"outage of the {self._name}"
        threading.Thread(target=self._wait_for_end, name=name, daemon=True).start()

    def _wait_for_end(self) -> None:
        while not (self._probe_succeeds() and self._end()):
            time.sleep(PROBE_SECONDS)

    def _probe_succeeds(self) -> bool:
        try:
            self._probe()
        except Exception:  # noqa: BLE001 - whatever it is, the dependency does not work
            return False
        return True

    def _end(self) -> bool:
        """End the outage, unless there was a failure just now."""
        with self._lock:
            now = time.monotonic()
            if now - self._last_failure < QUIET_SECONDS:
                return False
            lasted, failures = now - self._began, self._failures
            self._in_progress, self._failures = False, 0
            metrics().outage(self._dependency, in_progress=False)
        logger.warning("%s: answers again after %.0f s; failures: %d", self._name, lasted, failures)
        return True


database = Outage(Dependency.DATABASE, "what needs it is refused until it answers", probe_database)
channel_layer = Outage(
    Dependency.CHANNEL_LAYER,
    "sockets of other processes receive messages late, or by sync",
    probe_redis,
)
cache = Outage(Dependency.CACHE, "pages that poll do not see who types", probe_cache)


BY_DEPENDENCY = {
    Dependency.DATABASE: database,
    Dependency.CHANNEL_LAYER: channel_layer,
    Dependency.CACHE: cache,
}


def is_outage(error: BaseException) -> bool:
    """Return whether an error says that the database is away."""
    return isinstance(error, Error) and not isinstance(error, DEFECTS)


def record_failure(error: BaseException) -> None:
    """Record that the database or the channel layer failed; the error says which of them."""
    if is_outage(error):
        database.failed(error)
    elif isinstance(error, Error):
        logger.error("database: %s", error)
    else:
        channel_layer.failed(error)
