"""Plain HTTP: latency at the same pace, then requests per second flat out, by Locust."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from pathlib import Path

import benchmarks.clients
from benchmarks.errors import GeneratorFailed
from benchmarks.pinning import pinned
from benchmarks.recording import Recording
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.null import CROWD_VARIABLE
from benchmarks.stand import Stand

LOCUSTFILE = Path(benchmarks.clients.__path__[0]) / "locustfile.py"
PATIENCE = 60
"""Seconds that Locust may take beyond its phases to start and to end."""


async def run(stand: Stand) -> None:
    """Run Locust and add what it noted to the recording."""
    profile = stand.profile
    out = stand.workspace.folder / "locust"
    settings = {
        "session": stand.session,
        "paced": profile.http_paced,
        "full": profile.http_full,
        "rate": profile.http_rate,
        "users": profile.http_users,
        "out": str(out),
    }
    command = [
        *(sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE), "--headless"),
        *("--host", stand.place.http, "--users", str(profile.http_users)),
        *("--spawn-rate", "100", "--stop-timeout", "0"),
        *("--loglevel", "ERROR", "--only-summary", "--exit-code-on-error", "0"),
    ]
    environment = {
        **os.environ,
        CROWD_VARIABLE: str(stand.workspace.crowd),
        "FAWRAN_BENCH_HTTP": json.dumps(settings),
    }
    with pinned(stand.pinning.generators):
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=DEVNULL,
            stdout=DEVNULL,
            stderr=PIPE,
            start_new_session=True,
        )
    try:
        _out, complaint = await asyncio.wait_for(
            process.communicate(), profile.http_paced + profile.http_full + PATIENCE
        )
    except TimeoutError:
        raise GeneratorFailed("Locust did not end.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        last = (complaint.decode(errors="replace").strip().splitlines() or ["no message"])[-1]
        raise GeneratorFailed(f"Locust failed: {last}")
    _keep(stand, out)


def _keep(stand: Stand, out: Path) -> None:
    for rows in Recording.read(out).parts["http"]:
        stand.recording.add_table("http", rows)
    phases = json.loads((out / "phases.json").read_text(encoding="utf-8"))
    for phase, (start_ns, end_ns) in phases.items():
        stand.record("http", phase, start_ns, end_ns, users=stand.profile.http_users)


SCENARIO = Scenario("http", "page and API over plain HTTP, by Locust", 15, run)
