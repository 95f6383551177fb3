"""Crowds in rooms, driven by real generators: what tests of the harness begin with."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.generator.fleet import Fleet
from benchmarks.generator.members import Member, write_crowd
from benchmarks.generator.users import Place
from benchmarks.measure.runs import Run, runs
from benchmarks.recording import Recording, Window
from benchmarks.servers.base import Client


def crowd_of(folder: Path, users: int, room_size: int) -> Path:
    """Write a crowd of which no database knows; return where."""
    path = folder / "crowd.json"
    members = [
        Member(id=n + 1, session=f"s{n}", csrf="c", room=n // room_size + 1) for n in range(users)
    ]
    write_crowd(path, members)
    return path


def fleet_of(
    crowd: Path, folder: Path, place: Place, client: Client, room_size: int, generators: int = 1
) -> Fleet:
    """Return a fleet that is not started."""
    return Fleet(
        crowd=crowd,
        client=client,
        place=place,
        session=1,
        seed=11,
        cpus=[max(os.sched_getaffinity(0))] * generators,
        folder=folder,
        room_size=room_size,
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
    """Let a crowd chat for a moment; return what was measured."""
    recording = Recording()
    fleet = fleet_of(crowd, folder, place, client, room_size, generators)
    async with fleet:
        await fleet.connect(users)
        await fleet.load(per_user)
        start = time.monotonic_ns()
        await asyncio.sleep(1.5)
        if meanwhile:
            await meanwhile(fleet)
        end = time.monotonic_ns()
        await fleet.rest()
        await asyncio.sleep(1)
        await fleet.finish(recording)
    window = Window(1, "delivery", "loaded", users, room_size, start, end, end + 10**9)
    recording.add("windows", [window.__dict__])
    session = {"session": 1, "server": "null", "transport": "websocket", "repeat": 1}
    recording.add("sessions", [session | {"start_ns": start}])
    (run,) = runs(recording)
    return run


@asynccontextmanager
async def null_server(crowd: Path, *arguments: str) -> AsyncIterator[Place]:
    """Run the null server on a free port; end it whatever happens."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.servers.null", f"--crowd={crowd}", *arguments),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        yield Place("127.0.0.1", (json.loads(await server.stdout.readline())["port"],))
    finally:
        server.kill()
        await server.wait()


async def keep_busy(fleet: Fleet, times: int = 6) -> None:
    """Stop the generator's process over and over, as another program on its processor would."""
    (process,) = fleet._processes
    for _ in range(times):
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.2)
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.1)
