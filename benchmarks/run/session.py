"""One running server, started once, with its simulated users: what a scenario works with."""

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

SLACK_SECONDS = 1.0
"""Seconds that a server may add to the delay of its transport, in the search for the capacity."""


QUIET_SECONDS = 1.0
"""Seconds without an arrival, in addition to the delay of the transport, after which no more
deliveries are expected."""

DRAIN_TIMEOUT_SECONDS = 30.0
"""Most seconds to wait for the last delivery or, by default, for a calm server."""

CALM_SECONDS = 0.25
"""Seconds over which the use of the server's processors is measured to see if it is calm."""


@dataclass
class BenchSession:
    """A running server, the fleet that loads it, and the recording of what happens.

    ``locust`` is set for the scenario that needs it. ``blocks`` is the number of delivery
    windows. ``known_capacity`` is the result of the last search on this server, and
    ``capacity_limit`` is the most users that a search tries. ``deliveries`` are the windows of
    the delivery scenario. ``spare_seconds`` are left to repeat measurements that the load generator
    or the machine disturbed. ``run`` is the run's folder, for files that are neither samples nor
    figures.
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
    spare_seconds: float = math.inf
    timeline: Timeline = field(default_factory=Timeline)
    settled_ns: int = 0
    deliveries: list[Window] = field(default_factory=list)

    @property
    def transport_ms(self) -> float:
        """The longest delay of the transport itself, if the server were infinitely fast."""
        return find_transport(self.server.transport).longest_ms

    @property
    def capacity_limit_ms(self) -> float:
        """The limit for the p99 of delivery in a step of the search for the capacity."""
        return self.transport_ms + SLACK_SECONDS * 1000

    @property
    def grace(self) -> float:
        """Seconds after a window; a delivery that has not arrived by then counts as lost."""
        return self.transport_ms / 1000 + SLACK_SECONDS

    @property
    def processes(self) -> Sequence[Child]:
        """The server's processes, in the order in which they were started."""
        return self.deaths.processes

    @property
    def is_whole(self) -> bool:
        """Whether no process of the server has ended by itself."""
        return not self.deaths.check()

    def require_whole_server(self) -> None:
        """Check that no process has ended, for a scenario that cannot be measured otherwise.

        Raises:
            ServerEnded: a process has ended; the runner leaves the scenario out.
        """
        if not self.is_whole:
            raise ServerEnded(f"{self.server.name}: {self.deaths.found[-1].how}.")

    async def connect(self, users: int) -> None:
        """Connect users until this number is connected."""
        with self.timeline.span("connect"):
            await self.fleet.connect(users)

    async def window(self, scenario: str, phase: str, seconds: float) -> Window:
        """Wait for the length of a window, and record the window."""
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
        """Record a window that has just ended.

        ``users`` defaults to those of the fleet. ``grace``, in seconds, defaults to the
        session's grace period.
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
        """Return the last window of the delivery scenario whose deadline has passed."""
        over = [one for one in self.deliveries if one.deadline_ns <= at_ns]
        return over[-1] if over else None

    async def wait_for_deadlines(self) -> None:
        """Wait until the deadlines of all windows so far have passed.

        The windows of the capacity scenario are excepted: it waits for them itself.
        """
        with self.timeline.span("wait for late deliveries"):
            await asyncio.sleep(max(0.0, (self.settled_ns - time.monotonic_ns()) / 1e9))

    async def wait_until_drained(self, since_ns: int) -> None:
        """Wait until no more messages that were sent since a moment arrive.

        A server that was overloaded still works on its queue for a while. The next window must
        begin without this work.
        """
        interval = QUIET_SECONDS + self.transport_ms / 1000
        deadline = time.monotonic() + DRAIN_TIMEOUT_SECONDS
        arrived = -1
        with self.timeline.span("wait for late deliveries"):
            while time.monotonic() < deadline:
                summary = await self.fleet.summary(since_ns, time.monotonic_ns())
                if len(summary.latencies_ms) == arrived:
                    return
                arrived = len(summary.latencies_ms)
                await asyncio.sleep(interval)

    async def wait_until_calm(self, share: float, seconds: float = DRAIN_TIMEOUT_SECONDS) -> None:
        """Wait until no server processor is busier than a share, for at most some seconds."""
        deadline = time.monotonic() + seconds
        with self.timeline.span("wait for a calm server"):
            while time.monotonic() < deadline:
                before, start = processor_times(), time.monotonic_ns()
                await asyncio.sleep(CALM_SECONDS)
                after, passed = processor_times(), time.monotonic_ns() - start
                used = [after[cpu][0] - before[cpu][0] for cpu in self.pinning.server]
                if max(used, default=0) < share * passed:
                    return
