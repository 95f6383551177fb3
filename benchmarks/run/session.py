"""One server, started once, with its crowd: what a scenario works with."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.errors import ServerEnded
from benchmarks.generator.fleet import Fleet
from benchmarks.generator.users import Place
from benchmarks.locust.process import LocustProcess
from benchmarks.measure.capacity import Capacity
from benchmarks.recording import Recording, Window
from benchmarks.run.deaths import Deaths
from benchmarks.run.pinning import Pinning
from benchmarks.run.profiles import Profile
from benchmarks.run.resources import ResourceSampler, processor_times
from benchmarks.run.timeline import Timeline
from benchmarks.run.workspace import SessionPlace
from benchmarks.servers.base import Server
from benchmarks.transports.registry import find_transport
from reference_app.serving.processes import Child

SLACK = 1.0
"""Seconds that a server may add to what its transport takes by itself, for capacity."""


DRY_AFTER = 1.0
"""Seconds without an arrival after which nothing is taken to be on its way, beyond the time
that the transport takes by itself."""

DRAIN_TIMEOUT = 30.0
"""Seconds that are waited for it at most."""

CALM_FOR = 0.25
"""Seconds over which the use of the server's processors is taken to see whether it is calm."""


@dataclass
class BenchSession:
    """A running server, the fleet that drives it, and the recording of what happens.

    ``locust`` waits for the scenario that needs it. ``blocks`` is the number of delivery
    windows. ``known_capacity`` is what the last search on this server found, and
    ``capacity_limit`` the most users that a search tries. ``deliveries`` are the windows of the
    delivery scenario. ``spare`` are the seconds that may be spent on measuring again what the
    instrument spoiled. ``run`` is the run's folder, for what is neither a sample nor a figure.
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
    deaths: Deaths = field(default_factory=Deaths)
    locust: LocustProcess | None = None
    blocks: int = 1
    capacity_limit: int = 0
    known_capacity: Capacity | None = None
    spare: float = math.inf
    timeline: Timeline = field(default_factory=Timeline)
    settled_ns: int = 0
    deliveries: list[Window] = field(default_factory=list)

    @property
    def transport_ms(self) -> float:
        """The longest that the transport itself takes, were the server infinitely fast."""
        return find_transport(self.server.transport).longest_ms

    @property
    def capacity_limit_ms(self) -> float:
        """The p99 of delivery that a step of the search for the capacity has to keep to."""
        return self.transport_ms + SLACK * 1000

    @property
    def grace(self) -> float:
        """Seconds after which what has not arrived counts as late beyond use, or lost."""
        return self.transport_ms / 1000 + SLACK

    @property
    def processes(self) -> Sequence[Child]:
        """The server's processes, in the order in which they were started."""
        return self.deaths.processes

    @property
    def is_whole(self) -> bool:
        """Whether no process of the server has ended by itself."""
        return not self.deaths.check()

    def require_whole_server(self) -> None:
        """Leave out a scenario that cannot be measured if a process has ended.

        Raises:
            ServerEnded: one has.
        """
        if not self.is_whole:
            raise ServerEnded(f"{self.server.name}: {self.deaths.found[-1].how}.")

    async def connect(self, users: int) -> None:
        """Let so many users be connected."""
        with self.timeline.span("connect"):
            await self.fleet.connect(users)

    async def window(self, scenario: str, phase: str, seconds: float) -> Window:
        """Let a stretch of time pass, and record that it counts."""
        with self.timeline.span("measure"):
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
        if scenario == "delivery":
            self.deliveries.append(window)
        if scenario != "capacity":
            self.settled_ns = max(self.settled_ns, window.deadline_ns)
        return window

    def last_delivery(self, at_ns: int) -> Window | None:
        """Return the last window of the delivery scenario whose wait is over."""
        over = [one for one in self.deliveries if one.deadline_ns <= at_ns]
        return over[-1] if over else None

    async def settle(self) -> None:
        """Wait until what was due in the windows so far has had its time.

        The search for the capacity waits for its own windows.
        """
        with self.timeline.span("wait for late deliveries"):
            await asyncio.sleep(max(0.0, (self.settled_ns - time.monotonic_ns()) / 1e9))

    async def run_dry(self, since_ns: int) -> None:
        """Wait until nothing that was sent since a moment arrives any more.

        A server that was overloaded works on what it was sent for a while, and the next
        window is to begin without it.
        """
        every = DRY_AFTER + self.transport_ms / 1000
        deadline = time.monotonic() + DRAIN_TIMEOUT
        arrived = -1
        with self.timeline.span("wait for late deliveries"):
            while time.monotonic() < deadline:
                seen = await self.fleet.summary(since_ns, time.monotonic_ns())
                if len(seen.latencies_ms) == arrived:
                    return
                arrived = len(seen.latencies_ms)
                await asyncio.sleep(every)

    async def wait_until_calm(self, share: float, seconds: float = DRAIN_TIMEOUT) -> None:
        """Wait, at most so many seconds, until no server processor is busier than a share."""
        deadline = time.monotonic() + seconds
        with self.timeline.span("wait for a calm server"):
            while time.monotonic() < deadline:
                before, start = processor_times(), time.monotonic_ns()
                await asyncio.sleep(CALM_FOR)
                after, passed = processor_times(), time.monotonic_ns() - start
                used = [after[cpu][0] - before[cpu][0] for cpu in self.pinning.server]
                if max(used, default=0) < share * passed:
                    return
