"""Conversion of times to the integers of the wire."""

from __future__ import annotations

from datetime import datetime


def millis(moment: datetime) -> int:
    """Return a time as milliseconds since the Unix epoch."""
    return round(moment.timestamp() * 1000)
