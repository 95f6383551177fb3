"""Processes of a server under test that end by themselves. This is a result; the run goes on."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from benchmarks.recording import PROCESS
from reference_app.serving.processes import Child

CHECK_EVERY = 0.2
"""Seconds between two checks whether a process has ended."""


@dataclass(frozen=True)
class Death:
    """The end of a process that was not asked to end, and the scenario in which it ended."""

    at_ns: int
    scenario: str
    how: str


@dataclass
class Deaths:
    """The processes of one session's server that ended by themselves.

    ``scenario`` is the running scenario. ``left_out`` has the scenarios that need all processes
    and were not measured because one had ended.
    """

    processes: Sequence[Child] = ()
    scenario: str = ""
    found: list[Death] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    _known: set[int] = field(default_factory=set)

    async def watch(self) -> None:
        """Check until cancelled."""
        while True:
            self.check()
            await asyncio.sleep(CHECK_EVERY)

    def check(self) -> bool:
        """Return whether any process has ended by itself so far."""
        for number, child in enumerate(self.processes, start=1):
            has_ended = child.returncode is not None and not child.is_asked_to_end
            if has_ended and child.pid not in self._known:
                self._known.add(child.pid)
                how = f"process {number} of {len(self.processes)} {child.ended_by()}"
                self.found.append(Death(time.monotonic_ns(), self.scenario, how))
        return bool(self.found)

    def operations(self, session: int) -> list[dict[str, object]]:
        """Return the deaths as rows of the table ``operations``."""
        return [
            {
                "session": session,
                "kind": PROCESS,
                "start_ns": death.at_ns,
                "duration_ns": 0,
                "ok": False,
                "detail": death.how,
            }
            for death in self.found
        ]


def roots_of(children: Sequence[Child]) -> list[int]:
    """Return the ids of the root processes of a server's process trees.

    A process that has ended is replaced by the processes left in its group: if Gunicorn's
    master is killed, its workers go on serving until they notice.
    """
    roots = []
    for child in children:
        roots += [child.pid] if child.returncode is None else _members(child.pid)
    return roots


def _members(group: int) -> list[int]:
    """Return the ids of the processes of a group, without zombies."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            in_group = os.getpgid(process.pid) == group
            if in_group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
    return found
