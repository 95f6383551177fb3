"""Helpers that create crowds in rooms, and run servers and real load generators for tests."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.generator.fleet import Fleet
from benchmarks.generator.members import Member, write_crowd
from benchmarks.generator.users import Place
from benchmarks.measure.runs import Run, runs
from benchmarks.recording import PROCESSORS, Recording, Window
from benchmarks.run.pinning import Pinning
from benchmarks.run.profiles import SMOKE
from benchmarks.run.resources import ResourceSampler
from benchmarks.run.session import BenchSession
from benchmarks.run.workspace import SessionPlace
from benchmarks.servers.base import Client
from benchmarks.servers.registry import find_server


def crowd_of(folder: Path, users: int, room_size: int) -> Path:
    """Write the file of a crowd that is in no database; return its path."""
    path = folder / "crowd.json"
    members = [
        Member(id=n + 1, session=f"s{n}", csrf="c", room=n // room_size + 1) for n in range(users)
    ]
    write_crowd(path, members)
    return path


def fleet_of(
    crowd: Path, folder: Path, client: Client, room_size: int, generators: int = 1
) -> Fleet:
    """Return a fleet of load generators that is not started yet."""
    return Fleet(
        crowd=crowd,
        client=client,
        session=1,
        seed=11,
        cpus=[max(os.sched_getaffinity(0))] * generators,
        folder=folder,
        room_size=room_size,
    )


def session_on(processor: int, folder: Path) -> BenchSession:
    """Return a session, of which nothing is started, whose server may use one processor."""
    crowd = crowd_of(folder, 2, 2)
    return BenchSession(
        server=find_server("null"),
        number=1,
        repeat=1,
        profile=SMOKE,
        place=Place("127.0.0.1", (1,)),
        pinning=Pinning([processor], [processor]),
        workspace=SessionPlace(folder, crowd, {}),
        run=folder,
        fleet=fleet_of(crowd, folder, "picows", 2),
        sampler=ResourceSampler(1, {}),
        recording=Recording(),
    )


async def drive(
    crowd: Path,
    folder: Path,
    place: Place,
    client: Client,
    *,
    room_size: int,
    per_user: float,
    users: int = 20,
    generators: int = 1,
    meanwhile: Callable[[Fleet], Awaitable[None]] | None = None,
) -> Run:
    """Let a crowd chat for one short window; return what was measured."""
    recording = await record(
        crowd,
        folder,
        place,
        client,
        room_size=room_size,
        per_user=per_user,
        users=users,
        generators=generators,
        meanwhile=meanwhile,
    )
    return only_run(recording)


async def record(
    crowd: Path,
    folder: Path,
    place: Place,
    client: Client,
    *,
    room_size: int,
    per_user: float,
    users: int = 20,
    generators: int = 1,
    meanwhile: Callable[[Fleet], Awaitable[None]] | None = None,
    afterwards: Callable[[], None] = lambda: None,
    seconds: float = 1.5,
    grace: float = 1.0,
    sampler: ResourceSampler | None = None,
) -> Recording:
    """Let a crowd chat for one short window; return its raw data.

    ``meanwhile`` runs as the last part of the window; ``afterwards`` runs after its grace period.
    """
    recording = Recording()
    sampler = sampler or ResourceSampler(1, {})
    async with fleet_of(crowd, folder, client, room_size, generators) as fleet:
        await fleet.reach(place)
        await fleet.connect(users)
        await fleet.send_on_schedule(per_user)
        sampling = asyncio.create_task(sampler.watch())
        start = time.monotonic_ns()
        sampler.sample()
        await asyncio.sleep(seconds)
        if meanwhile:
            await meanwhile(fleet)
        sampler.sample()
        end = time.monotonic_ns()
        await fleet.stop_sending()
        await asyncio.sleep(grace)
        sampling.cancel()
        sampler.sample()
        afterwards()
        await fleet.finish(recording)
    deadline = end + round(grace * 1e9)
    transport = "polling" if client == "polling" else "websocket"
    window = Window(1, "delivery", "loaded", users, room_size, start, end, deadline)
    recording.add("windows", [window.__dict__])
    session = {"session": 1, "server": "null", "transport": transport, "repeat": 1}
    recording.add("sessions", [session | {"start_ns": start}])
    sampler.record(recording)
    return recording


def only_run(recording: Recording) -> Run:
    """Return what was measured in the only window of a recording.

    If no processors were sampled, their load is not judged: other programs may run at the same
    time as the test.
    """
    recorded_without = {PROCESSORS} if recording.frame("processors").empty else set()
    (run,) = runs(recording, recorded_without)
    return run


@asynccontextmanager
async def null_server(crowd: Path, *arguments: str) -> AsyncIterator[Place]:
    """Run the null server on a free port, and end it even if the test fails."""
    async with null_process(crowd, *arguments) as (place, _process):
        yield place


@asynccontextmanager
async def null_process(crowd: Path, *arguments: str) -> AsyncIterator[tuple[Place, Process]]:
    """Run the null server on a free port; yield its place and its process, and end it."""
    command = (sys.executable, "-m", "benchmarks.servers.null", f"--crowd={crowd}", *arguments)
    async with serving(*command) as (place, process):
        yield place, process


@asynccontextmanager
async def serving(*command: str) -> AsyncIterator[tuple[Place, Process]]:
    """Run a server that prints the port it listens on, and end it even if the test fails."""
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout is not None
        line = await server.stdout.readline()
        yield Place("127.0.0.1", (json.loads(line)["port"],)), server
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()


async def keep_busy(fleet: Fleet, times: int = 6) -> None:
    """Pause the generator's process repeatedly, as another program on its processor would."""
    for _ in range(times):
        await pause(fleet)
        await asyncio.sleep(0.1)


async def pause(fleet: Fleet, seconds: float = 0.2) -> None:
    """Stop the generator's process for some seconds, then let it continue."""
    (process,) = fleet._processes
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(seconds)
    process.send_signal(signal.SIGCONT)
