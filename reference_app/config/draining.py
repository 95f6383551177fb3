"""Whether this process is being drained: it serves on, but wants nobody new."""

from __future__ import annotations

import threading

_draining = threading.Event()


def start_draining() -> None:
    """Say, from now on, that nobody new should come."""
    _draining.set()


def is_draining() -> bool:
    """Return whether nobody new should come."""
    return _draining.is_set()
