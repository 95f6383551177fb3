"""The harness against faults that it must see: real processes, real sockets, a server that errs."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.clients.crowd import Member, write_crowd
from benchmarks.clients.fleet import Fleet
from benchmarks.clients.users import Place
from benchmarks.measure.metrics import invalid_because
from benchmarks.measure.runs import Run, runs
from benchmarks.recording import Recording, Window
from benchmarks.servers.null import FAULTS

USERS, ROOM = 20, 10


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    path = tmp_path / "crowd.json"
    members = [
        Member(id=n + 1, session=f"s{n}", csrf="c", room=n // ROOM + 1) for n in range(USERS)
    ]
    write_crowd(path, members)
    return path


async def drive(crowd: Path, folder: Path, fault: str, *, hinder: bool = False) -> Run:
    """Let the crowd chat on a null server that commits one fault; return what was measured."""
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.servers.null", f"--crowd={crowd}", f"--fault={fault}"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    port = json.loads(await server.stdout.readline())["port"]
    recording = Recording()
    fleet = Fleet(
        crowd=crowd,
        client="websocket",
        place=Place("127.0.0.1", port),
        session=1,
        seed=11,
        cpus=[max(os.sched_getaffinity(0))],
        folder=folder,
        room_size=ROOM,
    )
    try:
        async with fleet:
            await fleet.connect(USERS)
            await fleet.load(per_user=3.0)
            start = time.monotonic_ns()
            await asyncio.sleep(1.5)
            if hinder:
                await _keep_busy(fleet)
            end = time.monotonic_ns()
            await fleet.rest()
            await asyncio.sleep(1)
            await fleet.finish(recording)
    finally:
        server.kill()
        await server.wait()
    window = Window(1, "delivery", "loaded", USERS, ROOM, start, end, end + 10**9)
    recording.add("windows", [window.__dict__])
    session = {"session": 1, "server": "null", "transport": "websocket", "repeat": 1}
    recording.add("sessions", [session | {"start_ns": start}])
    (run,) = runs(recording)
    return run


async def _keep_busy(fleet: Fleet) -> None:
    """Stop the generator's process over and over, as another program on its processor would."""
    (process,) = fleet._processes
    for _ in range(6):
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(0.2)
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.1)


async def test_a_faultless_server_is_found_faultless(crowd: Path, tmp_path: Path) -> None:
    run = await drive(crowd, tmp_path, "none")
    assert run.deliveries is not None
    assert run.deliveries.sent > 30
    assert run.deliveries.expected == run.deliveries.received
    assert (run.faults, run.errors) == ([], {})


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        ("stall", "server stalled"),
        ("drop", "1 of "),
        ("duplicate", "1 deliveries duplicated"),
        ("reorder", "1 deliveries out of order"),
        ("unacknowledged", "not acknowledged"),
    ],
)
async def test_each_fault_is_caught_and_named(
    fault: str, named: str, crowd: Path, tmp_path: Path
) -> None:
    run = await drive(crowd, tmp_path, fault)
    assert any(named in one for one in run.faults), run.faults
    if fault == "drop":
        assert "lost" in invalid_because(run)[0]
    if fault == "stall":
        assert run.deliveries is not None
        assert run.deliveries.latencies_ms.max() >= 400


async def test_a_generator_kept_busy_makes_the_run_invalid(crowd: Path, tmp_path: Path) -> None:
    run = await drive(crowd, tmp_path, "none", hinder=True)
    assert any("generator" in reason for reason in invalid_because(run)), run.health


def test_every_fault_has_a_test() -> None:
    assert set(FAULTS) == {"none", "stall", "drop", "duplicate", "reorder", "unacknowledged"}


def test_a_generator_that_is_told_nothing_ends(crowd: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.clients.generator", f"--crowd={crowd}"),
            *("--share=0/1", "--host=127.0.0.1", "--port=1"),
            *("--session=1", "--seed=1"),
        ],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
