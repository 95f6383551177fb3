"""Whether this process is being drained: it continues to serve, but wants no new clients."""

from __future__ import annotations

import threading

_draining = threading.Event()


def start_draining() -> None:
    """Mark this process as being drained."""
    _draining.set()


def is_draining() -> bool:
    """Return whether this process is being drained."""
    return _draining.is_set()
