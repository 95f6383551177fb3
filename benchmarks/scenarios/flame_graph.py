"""Where a server's time goes while one loud room is served: a flame graph for each process.

py-spy looks at the process from outside, many times a second. That slows the server down
and competes with it, so a profile is a picture of shares and no source of figures.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.errors import BenchmarkError
from benchmarks.measure.fanout import REFERENCE
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

SECONDS = 15
"""How long a process is looked at."""

PER_SECOND = 200
"""How often. Its own interval, 10 ms, would fall in step with what happens 100 times a second."""


async def run(session: BenchSession) -> None:
    """Load the room, then look at every process of the server, one after the other."""
    size = session.profile.room_size
    await session.connect(session.profile.users)
    await session.fleet.load(REFERENCE / (size - 1) / size)
    await asyncio.sleep(session.profile.warm_up)
    for index, process in enumerate(session.processes, start=1):
        name = f"{session.server.name}-repeat{session.repeat}-process{index}.svg"
        try:
            await _record(process.pid, session.run / "flame-graphs" / name)
        except BenchmarkError:
            session.require_whole_server()
            raise
    await session.fleet.rest()


async def _record(pid: int, picture: Path) -> None:
    """Write the flame graph of a process.

    Raises:
        BenchmarkError: the process cannot be looked at.
    """
    picture.parent.mkdir(exist_ok=True)
    command = [
        *(_py_spy(), "record", "--pid", str(pid), "--output", str(picture)),
        *("--duration", str(SECONDS), "--rate", str(PER_SECOND), "--native"),
    ]
    looking = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _nothing, complaint = await looking.communicate()
    except asyncio.CancelledError:
        looking.kill()
        raise
    if looking.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise BenchmarkError(
            f"py-spy cannot look at process {pid}: {lines[-1]}. Linux lets root do it, or "
            "anybody where the setting kernel.yama.ptrace_scope is 0."
        )
    _entitle(picture, " ".join(command))


def _entitle(picture: Path, command: str) -> None:
    """Let the picture say whose it is, in place of the command that made it."""
    text = picture.read_text(encoding="utf-8")
    picture.write_text(text.replace(escape(command), picture.stem), encoding="utf-8")


def _py_spy() -> str:
    """Return the program that came with this environment."""
    here = Path(sys.executable).parent / "py-spy"
    return str(here) if here.exists() else shutil.which("py-spy") or "py-spy"


def rooms(profile: Profile) -> list[Crowd]:
    """Return the crowds: each is in one room."""
    return [Crowd(sockets, sockets) for sockets in profile.fanout_sockets]


SCENARIO = Scenario(
    "flame-graph",
    f"py-spy's picture of where the time goes at {REFERENCE:,.0f} deliveries/s in one room",
    80,
    run,
    crowds=rooms,
    roles=("judged", "comparison", "fanout"),
    when="asked",
)
