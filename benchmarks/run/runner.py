"""The runner: starts each session's server and load generators, and keeps their recordings."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from benchmarks.errors import ServerEnded, ServerFailed
from benchmarks.generator.fleet import Fleet
from benchmarks.locust.process import LocustProcess
from benchmarks.measure.capacity import Capacity
from benchmarks.measure.digest import digest
from benchmarks.recording import GENERATOR_SIDE, SERVER_SIDE, Manifest, Recording
from benchmarks.run.deaths import Deaths
from benchmarks.run.looks import Durations, Looks
from benchmarks.run.pinning import Pinning, pinned
from benchmarks.run.plan import SessionPlan
from benchmarks.run.profiles import Profile, with_crowd
from benchmarks.run.resources import ResourceSampler
from benchmarks.run.session import BenchSession
from benchmarks.run.start import Started, start_server
from benchmarks.run.timeline import Timeline
from benchmarks.run.workspace import Crowds, SessionPlace, Workspace
from benchmarks.servers.base import Server
from benchmarks.servers.registry import find_server
from reference_app.serving.processes import ServingError

SEED = 20_160_610
"""Seed of the schedules. It is the same in every run, so that the schedules cause no difference
between runs."""


class Progress(Protocol):
    """A progress display of the run."""

    def __call__(self, what: str) -> None:
        """Show the step that begins now; the step before it is done."""

    def extend(self, steps: int) -> None:
        """Add steps to the total."""


@dataclass
class Runner:
    """One run: its parameters, and what has been recorded so far."""

    profile: Profile
    pinning: Pinning
    run: Path
    manifest: Manifest
    progress: Progress
    looks: Looks | None = None
    recording: Recording = field(default_factory=Recording)
    capacities: dict[str, Capacity] = field(default_factory=dict)
    timeline: Timeline = field(default_factory=Timeline)
    durations: Durations = field(init=False)

    def __post_init__(self) -> None:
        self.durations = Durations(self.profile.block)

    async def drive(self, sessions: Sequence[SessionPlan]) -> None:
        """Run the sessions one after the other. The recordings are written even after an error.

        Raises:
            BenchmarkError: a server or generator failed.
        """
        started = time.monotonic()
        workspace = self._workspace()
        # Sampling and planning must not use the server's processors.
        with pinned(self.pinning.generators):
            await self._run_all(workspace, sessions, started)

    async def _run_all(
        self, workspace: Crowds, sessions: Sequence[SessionPlan], started: float
    ) -> None:
        """Create the crowds, run the sessions and further rounds, and write the recordings."""
        try:
            with self.timeline.span("create the crowd"):
                self.progress("creating the crowd")
                crowds = {session.crowd or self.profile.crowd for session in sessions}
                workspace.seed(sorted(crowds, key=astuple))
            await self._run_sessions(workspace, sessions, started)
            await self._run_further_rounds(workspace, len(sessions), started)
            self.manifest.complete = True
        finally:
            workspace.close()
            self.manifest.seconds = round(time.monotonic() - started, 1)
            self.manifest.timeline = self.timeline.rows()
            self.recording.write(self.run)
            self.manifest.write(self.run)

    async def _run_sessions(
        self, workspace: Crowds, sessions: Sequence[SessionPlan], started: float
    ) -> None:
        """Run sessions; shorten a session if the run's time is short."""
        for index, planned in enumerate(sessions):
            began = time.monotonic()
            left = self.profile.budget - (began - started)
            spare = self.durations.spare(planned, sessions[index + 1 :], left)
            session = self.durations.in_time(planned, spare, self.profile.comparison_blocks)
            took = await self._run_session(workspace, session, spare)
            self.durations.add(session, time.monotonic() - began, took)
            self.manifest.rounds = max(self.manifest.rounds, session.repeat)
            with self.timeline.span("write the raw data"):
                self.recording.write(self.run)

    async def _run_further_rounds(self, workspace: Crowds, number: int, started: float) -> None:
        """Run further rounds for claims that are still open, as far as the budget suffices."""
        while self.looks:
            left = self.profile.budget - (time.monotonic() - started)
            with self.timeline.span("judge"):
                sessions = self.looks.further_round(
                    self.recording, self.manifest.rounds, number + 1, self.durations, left
                )
            if not sessions:
                return
            self.progress.extend(sum(len(session.scenarios) for session in sessions))
            await self._run_sessions(workspace, sessions, started)
            number += len(sessions)

    def _workspace(self) -> Crowds:
        return Workspace(Path(tempfile.mkdtemp(prefix="fawran-bench-")))

    async def _run_session(
        self, workspace: Crowds, session: SessionPlan, spare: float
    ) -> dict[str, float]:
        """Start a server, run the planned scenarios on it, and stop it.

        ``spare`` is the number of seconds that it may take longer than planned. Return how many
        seconds each scenario took.
        """
        place = workspace.session(session.number, session.crowd or self.profile.crowd)
        try:
            # The outer span counts the rest of the time: stopping the server.
            with self.timeline.span("stop", session.server.name):
                async with AsyncExitStack() as running:
                    with self.timeline.span("start"):
                        # Locust and the generators start while the server starts.
                        locust = await self._start_locust(session, running)
                        fleet = await running.enter_async_context(self._fleet(session, place))
                        servers = running.enter_context(ExitStack())
                        started = self._start(session, place, servers)
                        await fleet.reach(started.place)
                    return await self._drive_session(session, place, started, fleet, locust, spare)
        except ServingError as error:
            raise ServerFailed(str(error)) from None
        finally:
            self._remove_empty_log(session)
            workspace.discard(place)

    def _log(self, session: SessionPlan) -> Path:
        """Return the path of a session's server log."""
        return self.run / "logs" / f"{session.number:02}-{session.server.name}.log"

    def _remove_empty_log(self, session: SessionPlan) -> None:
        log = self._log(session)
        if log.exists() and not log.stat().st_size:
            log.unlink()
        with contextlib.suppress(OSError):  # the folder has the log of another session
            log.parent.rmdir()

    async def _start_locust(
        self, session: SessionPlan, running: AsyncExitStack
    ) -> LocustProcess | None:
        """Start Locust if a scenario needs it."""
        if not session.needs_locust:
            return None
        locust = LocustProcess(self.profile.http_users, self.pinning.generators)
        return await running.enter_async_context(locust)

    def _profile(self, session: SessionPlan) -> Profile:
        return with_crowd(self.profile, session.crowd) if session.crowd else self.profile

    def _fleet(self, session: SessionPlan, place: SessionPlace) -> Fleet:
        """Return the generators of a session."""
        cpus = self.pinning.generators
        if session.crowd and session.crowd.in_one_room:
            # A generator knows the intended times only of the messages that it sends itself.
            # One generator therefore has to receive all copies.
            cpus = cpus[:1]
        return Fleet(
            crowd=place.crowd,
            client=session.client,
            session=session.number,
            seed=SEED + session.repeat,
            cpus=cpus,
            folder=place.folder,
            room_size=self._profile(session).room_size,
        )

    def _start(self, session: SessionPlan, place: SessionPlace, running: ExitStack) -> Started:
        """Start a server and the services that it needs."""
        log = self._log(session)
        log.parent.mkdir(exist_ok=True)
        # A drain takes time, so only a server of several processes drains.
        drain_window = self.profile.restart_spread if session.processes > 1 else 0.0
        started = start_server(session, place, self.pinning, log, drain_window, running)
        for name, description in started.described.items():
            self.manifest.servers.setdefault(name, description)
        return started

    async def _drive_session(
        self,
        session: SessionPlan,
        place: SessionPlace,
        started: Started,
        fleet: Fleet,
        locust: LocustProcess | None,
        spare: float,
    ) -> dict[str, float]:
        """Run the scenarios on a started server, and keep the recording."""
        sides = {SERVER_SIDE: self.pinning.server, GENERATOR_SIDE: self.pinning.generators}
        sampler = ResourceSampler(session.number, started.roots, sides)
        # It joins the run's recording only at the end of the session: messages of an incomplete
        # session would count as lost.
        recording = Recording()
        recording.add(
            "sessions",
            [
                {
                    "session": session.number,
                    "server": session.server.name,
                    "transport": session.server.transport,
                    "repeat": session.repeat,
                    "arm": session.arm,
                    "start_ns": time.monotonic_ns(),
                }
            ],
        )
        live = BenchSession(
            server=session.server,
            number=session.number,
            repeat=session.repeat,
            profile=self._profile(session),
            place=started.place,
            pinning=self.pinning,
            workspace=place,
            run=self.run,
            fleet=fleet,
            sampler=sampler,
            recording=recording,
            deaths=Deaths(started.processes),
            locust=locust,
            blocks=session.blocks,
            capacity_limit=self.profile.capacity_limit,
            known_capacity=self._known_capacity(session.server),
            spare_seconds=spare,
            timeline=self.timeline,
        )
        took = await self._run_watched(live, session)
        sampler.record(recording)
        recording.add("operations", live.deaths.operations(session.number))
        self.manifest.deaths += self._deaths(live, session)
        self.recording.extend(digest(recording) if session.crowd else recording)
        if live.known_capacity:
            self.capacities[session.server.name] = live.known_capacity
        return took

    def _known_capacity(self, server: Server) -> Capacity | None:
        """Return the result of the last search on the server.

        If there is none, return the largest one of the servers with the same transport.
        """
        if server.name in self.capacities:
            return self.capacities[server.name]
        same_transport = [
            found
            for name, found in self.capacities.items()
            if find_server(name).transport == server.transport
        ]
        return max(same_transport, key=lambda one: one.users, default=None)

    def _deaths(self, live: BenchSession, session: SessionPlan) -> list[dict[str, Any]]:
        """Return the manifest's entries on the session's processes that ended by themselves."""
        log = self._log(session)
        return [
            {
                "server": session.server.name,
                "arm": session.arm,
                "start": session.repeat,
                "scenario": death.scenario,
                "how": death.how,
                "log": str(log.relative_to(self.run)) if log.stat().st_size else "",
                "left_out": live.deaths.left_out,
            }
            for death in live.deaths.found
        ]

    async def _run_watched(self, live: BenchSession, session: SessionPlan) -> dict[str, float]:
        """Run the scenarios while watching the server, the generators and the resources.

        If a generator dies, the run ends. If a server process dies, the run goes on, and the
        server is judged by what was measured.
        """
        work = asyncio.create_task(self._run_scenarios(live, session))
        watchers = [
            asyncio.create_task(live.sampler.watch()),
            asyncio.create_task(live.fleet.watch()),
            asyncio.create_task(live.deaths.watch()),
        ]
        try:
            await asyncio.wait([work, *watchers], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, *watchers):
                if not task.done():
                    task.cancel()
            ended = await asyncio.gather(work, *watchers, return_exceptions=True)
        # A dead generator makes everything else fail, so the watchers' errors come first.
        for error in reversed(ended):
            if isinstance(error, Exception):
                raise error
        return work.result()

    async def _run_scenarios(self, live: BenchSession, session: SessionPlan) -> dict[str, float]:
        """Run the scenarios one after the other; return how many seconds each took."""
        took = {}
        for scenario in session.scenarios:
            self.progress(f"{session.server.name}, repeat {session.repeat}: {scenario.name}")
            live.deaths.scenario = scenario.name
            began = time.monotonic()
            with self.timeline.span(scenario.name):
                try:
                    await scenario.run(live)
                except ServerEnded:
                    live.deaths.left_out.append(scenario.name)
            took[scenario.name] = time.monotonic() - began
        await live.wait_for_deadlines()
        with self.timeline.span("collect the samples"):
            await live.fleet.finish(live.recording)
        return took
