"""Garbage collection that does not interrupt the chat.

A full collection of CPython visits every object. With 10,000 open sockets it takes half a
second, in which no message is sent, and an application that allocates causes one every few
seconds. Yet almost no long-lived object is garbage. So only the young generations are collected
automatically. A full collection runs rarely: when as many sockets have closed as are open, and
every few minutes.
"""

from __future__ import annotations

import gc

YOUNG = (2_000, 20)
"""Thresholds of the two young generations. Python's defaults collect three times as often."""

NEVER = 1_000_000_000

MIN_CLOSED_SOCKETS = 1_000
"""Closed sockets up to this number are never worth a full collection."""


class Collector:
    """Decides when a full collection runs."""

    def __init__(self) -> None:
        self._closed = 0

    def take_over(self) -> None:
        """Turn off automatic full collections.

        Objects that exist by now are excluded from all later collections.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(*YOUNG, NEVER)

    def socket_closed(self, still_open: int) -> None:
        """Count a closed socket; run a full collection if enough have closed."""
        self._closed += 1
        if self._closed > max(MIN_CLOSED_SOCKETS, still_open):
            self.collect()

    def collect(self) -> None:
        """Run a full collection."""
        self._closed = 0
        gc.collect()
