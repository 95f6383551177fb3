"""One server, started once, with its crowd: what a scenario works with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.generator.fleet import Fleet
from benchmarks.generator.users import POLL_EVERY, Place
from benchmarks.recording import Recording, Window
from benchmarks.run.pinning import Pinning
from benchmarks.run.profiles import Profile
from benchmarks.run.resources import ResourceSampler
from benchmarks.run.workspace import SessionPlace
from benchmarks.servers.base import Server
from reference_app.serving.processes import Child

SLACK = 1.0
"""Seconds that a server may add to what its transport takes by itself, for capacity."""


@dataclass
class BenchSession:
    """A running server, the fleet that drives it, and the recording of what happens.

    ``run`` is the run's folder, for what is neither a sample nor a figure.
    """

    server: Server
    number: int
    repeat: int
    profile: Profile
    place: Place
    pinning: Pinning
    workspace: SessionPlace
    run: Path
    fleet: Fleet
    sampler: ResourceSampler
    recording: Recording
    processes: Sequence[Child] = ()
    known_capacity: int = 0
    settled_ns: int = 0

    @property
    def transport_ms(self) -> float:
        """The longest that the transport itself takes, were the server infinitely fast."""
        return POLL_EVERY[1] * 1000 if self.server.transport == "polling" else 0.0

    @property
    def grace(self) -> float:
        """Seconds after which what has not arrived counts as late beyond use, or lost."""
        return self.transport_ms / 1000 + SLACK

    async def window(self, scenario: str, phase: str, seconds: float) -> Window:
        """Let a stretch of time pass, and record that it counts."""
        start = time.monotonic_ns()
        self.sampler.sample()
        await asyncio.sleep(seconds)
        self.sampler.sample()
        return self.record(scenario, phase, start, time.monotonic_ns())

    def record(
        self,
        scenario: str,
        phase: str,
        start_ns: int,
        end_ns: int,
        users: int | None = None,
        grace: float | None = None,
    ) -> Window:
        """Record that a stretch of time, just gone, counts.

        ``users`` are the fleet's and ``grace``, in seconds, is the transport's unless given.
        """
        window = Window(
            session=self.number,
            scenario=scenario,
            phase=phase,
            users=self.fleet.users if users is None else users,
            room_size=self.profile.room_size,
            start_ns=start_ns,
            end_ns=end_ns,
            deadline_ns=end_ns + round((self.grace if grace is None else grace) * 1e9),
        )
        self.recording.add("windows", [window.__dict__])
        if scenario != "capacity":
            self.settled_ns = max(self.settled_ns, window.deadline_ns)
        return window

    async def settle(self) -> None:
        """Wait until what was due in the windows so far has had its time.

        The search for the capacity waits for its own windows, and only as long as they
        tell it something.
        """
        await asyncio.sleep(max(0.0, (self.settled_ns - time.monotonic_ns()) / 1e9))
