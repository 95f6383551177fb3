"""Ticks of a fixed grid, which show that a generator is alive and how late it is.

A tick that passes while the process is paused is not skipped. Each tick counts with its own lag,
so that one pause of 150 ms has the same weight as the messages that it delayed.
"""

from __future__ import annotations

TICK_NS = 20_000_000
"""Time between two ticks."""


class TickGrid:
    """A fixed grid of ticks that reports which ticks have passed and how late they are."""

    def __init__(self, now_ns: int) -> None:
        self._due_ns = now_ns + TICK_NS

    def seconds_left(self, now_ns: int) -> float:
        """Return the seconds until the next tick."""
        return max(0.0, (self._due_ns - now_ns) / 1e9)

    def passed(self, now_ns: int) -> list[tuple[int, int]]:
        """Return the scheduled time and the lag of every tick since the last call."""
        ticks = list(range(self._due_ns, now_ns + 1, TICK_NS))
        self._due_ns += TICK_NS * len(ticks)
        return [(due, now_ns - due) for due in ticks]
