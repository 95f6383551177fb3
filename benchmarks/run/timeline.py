"""Where the time of a run goes: spans that add up to the whole."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Timeline:
    """Seconds by server and activity. A span inside another is taken out of the outer one."""

    seconds: dict[tuple[str, str], float] = field(default_factory=dict)
    _open: list[tuple[str, str]] = field(default_factory=list)
    _since: float = 0.0

    @contextmanager
    def span(self, activity: str, server: str = "") -> Iterator[None]:
        """Count the time until the context ends as an activity.

        ``server`` is taken from the span around it unless given.
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
        now = time.monotonic()
        if self._open:
            key = self._open[-1]
            self.seconds[key] = self.seconds.get(key, 0.0) + now - self._since
        self._since = now
