"""Restart processes that die, with a longer wait each time one dies soon after its start."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from reference_app.serving.processes import Child

BACK_OFF = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a process that died is restarted; the last wait is repeated."""

STEADY = 60.0
"""Seconds of running after which earlier deaths no longer count."""

CHECK_SECONDS = 0.5


@dataclass(frozen=True)
class Fate:
    """How often a process has died soon after its start, and when it is restarted."""

    soon_deaths: int = 0
    restart_at: float | None = None

    def died(self, *, started: float, now: float) -> Fate:
        """Return the fate after a death: the wait grows, unless the process had run for long."""
        before = 0 if now - started > STEADY else self.soon_deaths
        wait = BACK_OFF[min(before, len(BACK_OFF) - 1)]
        return Fate(before + 1, now + wait)

    def restarted(self) -> Fate:
        """Return the fate after a restart."""
        return Fate(self.soon_deaths)


@dataclass
class Supervised:
    """A running child and its fate."""

    child: Child
    started: float = field(default_factory=time.monotonic)
    fate: Fate = Fate()


def supervise(children: Sequence[Child]) -> None:
    """Restart children that die, until interrupted.

    Raises:
        ServingError: a child cannot be started at all.
        KeyboardInterrupt: the user or a signal asked this process to end.
    """
    supervised = [Supervised(child) for child in children]
    while True:
        for one in supervised:
            _restart_if_due(one)
        time.sleep(CHECK_SECONDS)


def _restart_if_due(one: Supervised) -> None:
    if one.child.returncode is None:
        return
    now = time.monotonic()
    if one.fate.restart_at is None:
        one.fate = one.fate.died(started=one.started, now=now)
        assert one.fate.restart_at is not None
        _report(f"{one.child.name} {one.child.how_it_ended()}")
        _report(f"{one.child.name} is started again in {one.fate.restart_at - now:.0f} s.")
    elif now >= one.fate.restart_at:
        one.child.start()
        one.started, one.fate = now, one.fate.restarted()


def _report(line: str) -> None:
    print(f"fawran: {line}", file=sys.stderr, flush=True)
