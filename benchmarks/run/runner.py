"""Drives a run: starts each session's server and crowd, and keeps what scenarios record."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import astuple, dataclass, field
from pathlib import Path

import redis

from benchmarks.errors import ServerFailed
from benchmarks.generator.fleet import Fleet
from benchmarks.generator.users import Place
from benchmarks.measure.digest import digested
from benchmarks.recording import Manifest, Recording
from benchmarks.run.pinning import Pinning, pinned
from benchmarks.run.plan import SessionPlan
from benchmarks.run.profiles import Profile, with_crowd
from benchmarks.run.resources import ResourceSampler
from benchmarks.run.session import BenchSession
from benchmarks.run.workspace import Crowds, SessionPlace, Workspace
from benchmarks.servers.null import CROWD_VARIABLE
from reference_app.serving.certificate import self_signed
from reference_app.serving.commands import Certificate
from reference_app.serving.processes import (
    STOP_TIMEOUT,
    Child,
    ServingError,
    free_port,
    wait_until_served,
)
from reference_app.serving.valkey import embedded_valkey

SEED = 20_160_610
"""Every run draws the same schedules: differences between runs are not the dice's."""

START_TIMEOUT = 30.0
"""Seconds that a server may take until it answers."""

Progress = Callable[[str], None]

Started = tuple[Place, dict[str, Callable[[], list[int]]], list[Child]]
"""Where a server is reached, the processes at the roots of what it uses, and its own."""


@dataclass
class Runner:
    """A run on its way: what is planned, and what has been recorded."""

    profile: Profile
    pinning: Pinning
    run: Path
    manifest: Manifest
    progress: Progress
    recording: Recording = field(default_factory=Recording)
    capacities: dict[str, int] = field(default_factory=dict)

    async def drive(self, sessions: Sequence[SessionPlan]) -> None:
        """Run the sessions one after the other; what was recorded is kept whatever happens.

        Raises:
            BenchmarkError: a server or generator failed.
        """
        started = time.monotonic()
        workspace = self._workspace()
        try:
            self.progress("creating the crowd")
            crowds = {session.crowd or self.profile.crowd for session in sessions}
            workspace.seed(sorted(crowds, key=astuple))
            for session in sessions:
                await self._session(workspace, session)
                self.recording.write(self.run)
            self.manifest.complete = True
        finally:
            workspace.close()
            self.manifest.seconds = round(time.monotonic() - started, 1)
            self.recording.write(self.run)
            self.manifest.write(self.run)

    def _workspace(self) -> Crowds:
        return Workspace(Path(tempfile.mkdtemp(prefix="fawran-bench-")))

    async def _session(self, workspace: Crowds, session: SessionPlan) -> None:
        """Start a server, do to it what is planned, and stop it."""
        place = workspace.session(session.number, session.crowd or self.profile.crowd)
        try:
            with ExitStack() as running:
                started = self._start(session, place, running)
                await self._drive_session(session, place, *started)
        except ServingError as error:
            raise ServerFailed(str(error)) from None
        finally:
            self._keep_log_if_it_tells_anything(session)
            workspace.discard(place)

    def _log(self, session: SessionPlan) -> Path:
        """Return where what a session's server complains of is written."""
        return self.run / "logs" / f"{session.number:02}-{session.server.name}.log"

    def _keep_log_if_it_tells_anything(self, session: SessionPlan) -> None:
        log = self._log(session)
        if log.exists() and not log.stat().st_size:
            log.unlink()
        with contextlib.suppress(OSError):  # another session's log is in it
            log.parent.rmdir()

    def _start(self, session: SessionPlan, place: SessionPlace, running: ExitStack) -> Started:
        """Start Redis, if it is needed, and the server, on the server's processors."""
        environment = {**os.environ, **place.environment, **session.server.environment}
        environment[CROWD_VARIABLE] = str(place.crowd)
        environment["FAWRAN_TRANSPORT"] = session.server.transport
        environment.pop("REDIS_URL", None)
        if session.server.offers_metrics:
            environment["FAWRAN_METRICS"] = f"127.0.0.1:{free_port()}"
        roots: dict[str, Callable[[], list[int]]] = {}
        where = Place("127.0.0.1", tuple(free_port() for _ in range(session.processes)))
        children: list[Child] = []
        with pinned(self.pinning.server):
            if session.server.needs_redis:
                url, redis_pid = self._redis(place, running)
                environment["REDIS_URL"] = url
                roots["redis"] = lambda: [redis_pid]
            tls = self_signed(place.folder) if session.tls else None
            log = self._log(session)
            log.parent.mkdir(exist_ok=True)
            for port in where.ports:
                child = Child(
                    session.server.name,
                    self._command(session, where.host, port, tls),
                    environment,
                    log,
                    stop_timeout=STOP_TIMEOUT + self._spread(session),
                )
                children.append(running.enter_context(child))
        for child, port in zip(children, where.ports, strict=True):
            wait_until_served(child, where.host, port, START_TIMEOUT, tls=session.tls)
        roots["server"] = lambda: [child.pid for child in children]
        return where, roots, children

    def _spread(self, session: SessionPlan) -> float:
        """Return over how many seconds a server lets its sockets go, if it can be told."""
        return self.profile.restart_spread if session.processes > 1 else 0.0

    def _command(
        self, session: SessionPlan, host: str, port: int, tls: Certificate | None
    ) -> list[str]:
        *command, application = session.server.command(host, port, tls)
        if session.server.drain_option:
            command += [session.server.drain_option, str(self._spread(session))]
        return [*command, application]

    def _redis(self, place: SessionPlace, running: ExitStack) -> tuple[str, int]:
        given = os.environ.get("REDIS_URL")
        if given:
            # Counted too, where it runs on this machine; preflight found that it answers.
            with redis.Redis.from_url(given) as client:
                return given, int(client.info("server")["process_id"])
        valkey = running.enter_context(embedded_valkey(place.folder / "valkey.log"))
        return valkey.url, valkey.child.pid

    async def _drive_session(
        self,
        session: SessionPlan,
        place: SessionPlace,
        where: Place,
        roots: dict[str, Callable[[], list[int]]],
        children: list[Child],
    ) -> None:
        sampler = ResourceSampler(session.number, roots)
        # Of its own until it is over: half a session would look like messages lost.
        recording = Recording()
        recording.add(
            "sessions",
            [
                {
                    "session": session.number,
                    "server": session.server.name,
                    "transport": session.server.transport,
                    "repeat": session.repeat,
                    "start_ns": time.monotonic_ns(),
                }
            ],
        )
        profile = self.profile
        cpus = self.pinning.generators
        if session.crowd:
            profile = with_crowd(profile, session.crowd)
            if session.crowd.in_one_room:
                # Only who sends knows when it was due, and it must see all copies.
                cpus = cpus[:1]
        fleet = Fleet(
            crowd=place.crowd,
            client=session.client,
            place=where,
            session=session.number,
            seed=SEED + session.repeat,
            cpus=cpus,
            folder=place.folder,
            room_size=profile.room_size,
        )
        async with fleet:
            live = BenchSession(
                server=session.server,
                number=session.number,
                repeat=session.repeat,
                profile=profile,
                place=where,
                pinning=self.pinning,
                workspace=place,
                run=self.run,
                fleet=fleet,
                sampler=sampler,
                recording=recording,
                processes=children,
                known_capacity=self.capacities.get(session.server.name, 0),
            )
            await self._unless_something_dies(live, session)
        recording.add("resources", sampler.rows)
        self.recording.extend(digested(recording) if session.crowd else recording)
        self.capacities[session.server.name] = live.known_capacity

    async def _unless_something_dies(self, live: BenchSession, session: SessionPlan) -> None:
        """Run the scenarios while watching the server, the generators and the resources."""
        work = asyncio.create_task(self._scenarios(live, session))
        watchers = [
            asyncio.create_task(live.sampler.watch()),
            asyncio.create_task(live.fleet.watch()),
            asyncio.create_task(_watch_server(live.processes)),
        ]
        try:
            await asyncio.wait([work, *watchers], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (work, *watchers):
                if not task.done():
                    task.cancel()
            ended = await asyncio.gather(work, *watchers, return_exceptions=True)
        # A dead server makes everything else fail: its own message comes first.
        for error in reversed(ended):
            if isinstance(error, Exception):
                raise error

    async def _scenarios(self, live: BenchSession, session: SessionPlan) -> None:
        for scenario in session.scenarios:
            self.progress(f"{session.server.name}, repeat {session.repeat}: {scenario.name}")
            await scenario.run(live)
        await live.settle()
        await live.fleet.finish(live.recording)


async def _watch_server(processes: Sequence[Child]) -> None:
    """Raise when a process ends that nobody has asked to."""
    while True:
        for child in processes:
            if child.returncode is not None and not child.is_asked_to_end:
                raise ServerFailed(f"{child.name} {child.how_it_ended()}.")
        await asyncio.sleep(0.2)
