"""Garbage collection that does not stop a chat.

A full collection of CPython looks at every object there is: 10,000 open sockets make that
half a second in which nobody hears anything, and an application that allocates brings it
about every few seconds. Yet next to nothing of what lives long is garbage. So only the
young generations are collected by themselves; everything is looked at seldom: when as many
sockets have closed as are open, and every few minutes.
"""

from __future__ import annotations

import gc

YOUNG = (2_000, 20)
"""Thresholds of the two young generations: Python's own defaults collect three times as often."""

NEVER = 1_000_000_000

FEW = 1_000
"""Closed sockets that are never worth a full collection."""


class Collector:
    """Decides when everything is looked at."""

    def __init__(self) -> None:
        self._closed = 0

    def take_over(self) -> None:
        """Collect the old generation only when asked to, from now on.

        What has been loaded by now stays for good, and is not looked at again.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(*YOUNG, NEVER)

    def socket_closed(self, still_open: int) -> None:
        """Count a socket that has closed; collect if that makes it worth while."""
        self._closed += 1
        if self._closed > max(FEW, still_open):
            self.collect()

    def collect(self) -> None:
        """Look at everything."""
        self._closed = 0
        gc.collect()
