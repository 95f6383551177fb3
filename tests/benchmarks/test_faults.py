"""The harness against faults that it must see: real processes, real sockets, a server that errs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.measure.metrics import invalid_because
from benchmarks.measure.runs import Run
from benchmarks.servers.null import FAULTS
from tests.benchmarks import rooms
from tests.benchmarks.rooms import crowd_of, keep_busy, null_server

USERS, ROOM = 20, 10


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    return crowd_of(tmp_path, USERS, ROOM)


async def drive(crowd: Path, folder: Path, fault: str, *, hinder: bool = False) -> Run:
    """Let the crowd chat on a null server that commits one fault; return what was measured."""
    async with null_server(crowd, f"--fault={fault}") as place:
        return await rooms.drive(
            crowd,
            folder,
            place,
            "websocket",
            room_size=ROOM,
            per_user=3.0,
            users=USERS,
            meanwhile=keep_busy if hinder else None,
        )


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
        assert any("lost" in reason for reason in invalid_because(run))
    if fault == "stall":
        assert run.deliveries is not None
        assert run.deliveries.latencies_ms.max() >= 400


async def test_a_generator_whom_a_small_crowd_leaves_without_people_only_waits(
    tmp_path: Path,
) -> None:
    crowd = crowd_of(tmp_path, USERS, USERS)
    async with null_server(crowd) as place:
        run = await rooms.drive(
            crowd,
            tmp_path,
            place,
            "websocket",
            room_size=USERS,
            per_user=3.0,
            users=USERS,
            generators=2,
        )
    assert run.deliveries is not None
    assert run.deliveries.sent > 30
    assert run.deliveries.received == run.deliveries.sent * (USERS - 1)


async def test_a_generator_kept_busy_makes_the_run_invalid(crowd: Path, tmp_path: Path) -> None:
    run = await drive(crowd, tmp_path, "none", hinder=True)
    assert any("generator" in reason for reason in invalid_because(run)), run.health


def test_every_fault_has_a_test() -> None:
    assert set(FAULTS) == {"none", "stall", "drop", "duplicate", "reorder", "unacknowledged"}


def test_a_generator_that_is_told_nothing_ends(crowd: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "benchmarks.generator.generator", f"--crowd={crowd}"),
            *("--share=0/1", "--host=127.0.0.1", "--port=1"),
            *("--session=1", "--seed=1"),
        ],
        input="",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
