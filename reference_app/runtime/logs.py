"""Filters for the records that libraries log at each attempt while a dependency is away."""

from __future__ import annotations

import logging
from http import HTTPStatus

from reference_app.runtime import outages
from reference_app.runtime.metrics import Dependency


class RecordFailure(logging.Filter):
    """Turns what a library logs for each failed attempt into a failure of a dependency."""

    def __init__(self, dependency: str) -> None:
        super().__init__()
        self._outage = outages.BY_DEPENDENCY[Dependency(dependency)]

    def filter(self, record: logging.LogRecord) -> bool:
        """Record a failure; drop the record of the log."""
        error = record.exc_info[1] if record.exc_info else None
        self._outage.failed(error or record.getMessage())
        return False


class DropUnavailable(logging.Filter):
    """Drops what Django logs for each request that is refused while a dependency is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log it; the outage itself is logged once."""
        error = record.exc_info[1] if record.exc_info else None
        if error and outages.is_outage(error):
            outages.record_failure(error)
            return False
        return getattr(record, "status_code", None) != HTTPStatus.SERVICE_UNAVAILABLE
