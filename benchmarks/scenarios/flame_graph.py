"""Profile a server while it serves one large room: a flame graph for each process.

py-spy samples the stack of a process from outside, many times a second. This slows the server
down and competes with it for the processor. A profile therefore shows shares of time, and its
figures are not comparable with those of other scenarios.
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
"""Seconds for which a process is profiled."""

PER_SECOND = 200
"""Samples per second. py-spy's default, one every 10 ms, would be in phase with events that
occur 100 times a second."""


async def run(session: BenchSession) -> None:
    """Load the room, then profile every process of the server, one after the other."""
    size = session.profile.room_size
    await session.connect(session.profile.users)
    await session.fleet.send_on_schedule(REFERENCE / (size - 1) / size)
    await asyncio.sleep(session.profile.warm_up)
    for index, process in enumerate(session.processes, start=1):
        name = f"{session.server.name}-repeat{session.repeat}-process{index}.svg"
        try:
            await _record(process.pid, session.run / "flame-graphs" / name)
        except BenchmarkError:
            session.require_whole_server()
            raise
    await session.fleet.stop_sending()


async def _record(pid: int, picture: Path) -> None:
    """Write the flame graph of a process.

    Raises:
        BenchmarkError: py-spy cannot profile the process.
    """
    picture.parent.mkdir(exist_ok=True)
    command = [
        *(_py_spy(), "record", "--pid", str(pid), "--output", str(picture)),
        *("--duration", str(SECONDS), "--rate", str(PER_SECOND), "--native"),
    ]
    profiler = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _no_output, errors = await profiler.communicate()
    except asyncio.CancelledError:
        profiler.kill()
        raise
    if profiler.returncode:
        lines = errors.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise BenchmarkError(
            f"py-spy cannot look at process {pid}: {lines[-1]}. Linux lets root do it, or "
            "anybody where the setting kernel.yama.ptrace_scope is 0."
        )
    _set_title(picture, " ".join(command))


def _set_title(picture: Path, command: str) -> None:
    """Replace the title of a flame graph, which is py-spy's command, by its file name."""
    text = picture.read_text(encoding="utf-8")
    picture.write_text(text.replace(escape(command), picture.stem), encoding="utf-8")


def _py_spy() -> str:
    """Return the path of py-spy, preferably the one of this Python environment."""
    installed = Path(sys.executable).parent / "py-spy"
    return str(installed) if installed.exists() else shutil.which("py-spy") or "py-spy"


def rooms(profile: Profile) -> list[Crowd]:
    """Return the crowds: one for each number of sockets, all in one room."""
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
