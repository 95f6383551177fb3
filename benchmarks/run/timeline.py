"""The timeline of a run: the seconds spent on each activity, which add up to the whole run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Timeline:
    """Seconds by server and activity. The time of an inner span does not count for the outer."""

    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    _open: list[tuple[str, str]] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def span(self, activity: str, server: str = "") -> Iterator[None]:
        """Count the time until the context ends for an activity.

        ``server`` defaults to the server of the outer span.
        """
        if not server and self._open:
            server = self._open[-1][0]
        self._count()
        self._open.append((server, activity))
        try:
            yield
        finally:
            self._count()
            self._open.pop()

    def rows(self) -> list[dict[str, str | float]]:
        """Return the spans as records, the longest first."""
        return [
            {"server": server, "activity": activity, "seconds": round(seconds, 1)}
            for (server, activity), seconds in sorted(
                self.seconds.items(), key=lambda item: -item[1]
            )
        ]

    def _count(self) -> None:
        """Add the time since the last call to the innermost open span."""
        now = time.monotonic()
        if self._open:
            key = self._open[-1]
            self.seconds[key] = self.seconds.get(key, 0.0) + now - self._since
        self._since = now
