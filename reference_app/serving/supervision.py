"""Keeping processes running: one that died is started again, later each time it dies soon."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from reference_app.serving.processes import Child

BACK_OFF = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a process that died is started again; the last one is repeated."""

STEADY = 60.0
"""Seconds after which a process counts as well again."""

LOOK_EVERY = 0.5


@dataclass(frozen=True)
class Fate:
    """How often a process has died soon after its start, and when it is started again."""

    soon_deaths: int = 0
    restart_at: float | None = None

    def died(self, *, started: float, now: float) -> Fate:
        """Return its fate after a death: the wait grows, unless it had run for long."""
        before = 0 if now - started > STEADY else self.soon_deaths
        wait = BACK_OFF[min(before, len(BACK_OFF) - 1)]
        return Fate(before + 1, now + wait)

    def restarted(self) -> Fate:
        """Return its fate once it runs again."""
        return Fate(self.soon_deaths)


@dataclass
class Supervised:
    """A running child and its fate."""

    child: Child
    started: float = field(default_factory=time.monotonic)
    fate: Fate = Fate()


def supervise(children: Sequence[Child]) -> None:
    """Start those again that die, until interrupted.

    Raises:
        ServingError: one cannot be started at all.
        KeyboardInterrupt: we were asked to end.
    """
    supervised = [Supervised(child) for child in children]
    while True:
        for one in supervised:
            _look_after(one)
        time.sleep(LOOK_EVERY)


def _look_after(one: Supervised) -> None:
    if one.child.returncode is None:
        return
    now = time.monotonic()
    if one.fate.restart_at is None:
        one.fate = one.fate.died(started=one.started, now=now)
        assert one.fate.restart_at is not None
        _tell(f"{one.child.name} {one.child.how_it_ended()}")
        _tell(f"{one.child.name} is started again in {one.fate.restart_at - now:.0f} s.")
    elif now >= one.fate.restart_at:
        one.child.start()
        one.started, one.fate = now, one.fate.restarted()


def _tell(line: str) -> None:
    print(f"fawran: {line}", file=sys.stderr, flush=True)
