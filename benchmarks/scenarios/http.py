"""Plain HTTP: latency at the same pace, then requests per second flat out, by Locust."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import benchmarks.locust
from benchmarks.errors import GeneratorFailed
from benchmarks.recording import Recording
from benchmarks.run.pinning import pinned
from benchmarks.run.server_environment import generator_environment
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.null import CROWD_VARIABLE

LOCUSTFILE = Path(benchmarks.locust.__path__[0]) / "users.py"
PATIENCE = 60
"""Seconds that Locust may take beyond its phases to start and to end."""


async def run(session: BenchSession) -> None:
    """Run Locust and add what it noted to the recording."""
    profile = session.profile
    out = session.workspace.folder / "locust"
    settings = {
        "session": session.number,
        "paced": profile.http_paced,
        "full": profile.http_full,
        "rate": profile.http_rate,
        "users": profile.http_users,
        "out": str(out),
        "addresses": session.place.http_addresses,
    }
    command = [
        *(sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE), "--headless"),
        *("--host", session.place.http, "--users", str(profile.http_users)),
        *("--spawn-rate", "100", "--stop-timeout", "0"),
        *("--loglevel", "ERROR", "--only-summary", "--exit-code-on-error", "0"),
    ]
    environment = {
        **generator_environment(os.environ),
        CROWD_VARIABLE: str(session.workspace.crowd),
        "FAWRAN_BENCH_HTTP": json.dumps(settings),
    }
    with pinned(session.pinning.generators):
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            start_new_session=True,
        )
    edges: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(profile.http_paced + profile.http_full + PATIENCE):
            assert process.stdout is not None
            first = await process.stdout.readline()
            if first:
                phases = _phases(first)
                moments = sorted(moment for phase in phases.values() for moment in phase)
                edges = asyncio.create_task(session.sampler.sample_at(moments))
            _out, complaint = await process.communicate()
    except TimeoutError:
        raise GeneratorFailed("Locust did not end.") from None
    finally:
        if edges:
            edges.cancel()
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not first:
        last = (complaint.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise GeneratorFailed(f"Locust failed: {last}")
    session.recording.extend(Recording.read(out))
    for phase, (start_ns, end_ns) in phases.items():
        session.record("http", phase, start_ns, end_ns, users=session.profile.http_users)


def _phases(line: bytes) -> dict[str, tuple[int, int]]:
    """Return when the phases begin and end, as Locust says when the load starts.

    Raises:
        GeneratorFailed: it said something else.
    """
    try:
        return {phase: (start, end) for phase, (start, end) in json.loads(line).items()}
    except (ValueError, AttributeError):
        raise GeneratorFailed(f"Locust said {line[:80]!r} instead of its phases.") from None


SCENARIO = Scenario("http", "page and API over plain HTTP, by Locust", 15, run)
