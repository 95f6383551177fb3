"""Ticks of a fixed grid, by which a generator proves that it runs and is not late.

A tick that passes while the process is paused is not left out: each counts, with its own lag,
so that one pause of 150 ms weighs as much as the messages that it delayed.
"""

from __future__ import annotations

TICK_NS = 20_000_000
"""Between two ticks."""


class TickGrid:
    """Which ticks have passed, and how late they were served."""

    def __init__(self, now_ns: int) -> None:
        self._due_ns = now_ns + TICK_NS

    def seconds_left(self, now_ns: int) -> float:
        """Return how long it is until the next tick."""
        return max(0.0, (self._due_ns - now_ns) / 1e9)

    def passed(self, now_ns: int) -> list[tuple[int, int]]:
        """Return every tick that has passed since the last call: when it was due, and its lag."""
        ticks = list(range(self._due_ns, now_ns + 1, TICK_NS))
        self._due_ns += TICK_NS * len(ticks)
        return [(due, now_ns - due) for due in ticks]
