"""Tests that each process that ends by itself is found once, with the processes that it leaves."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from benchmarks.recording import PROCESS, Recording
from benchmarks.run.deaths import Deaths, roots_of
from benchmarks.run.resources import ResourceSampler
from reference_app.serving.processes import Child
from tests.launch import all_ended

pytestmark = pytest.mark.alone

WAIT = "import time; time.sleep(600)"
WORKER = """
import time
while time.process_time() < 0.5: pass
print("ready", flush=True)
time.sleep(600)
"""
MASTER = f"""
import subprocess, sys, time
worker = subprocess.Popen([sys.executable, "-c", {WORKER!r}])
print(worker.pid, flush=True)
time.sleep(600)
"""


def child(folder: Path, code: str, name: str = "log") -> Child:
    return Child("it", [sys.executable, "-c", code], dict(os.environ), folder / name)


def kill(process: Child) -> None:
    """Kill a process as if it ended by itself, and wait until it has ended."""
    os.kill(process.pid, signal.SIGKILL)
    while process.returncode is None:
        time.sleep(0.01)


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[Child]]:
    with ExitStack() as running:
        yield [running.enter_context(child(tmp_path, WAIT, name)) for name in ("a", "b")]


def test_a_process_that_ends_by_itself_is_found_once(two: list[Child]) -> None:
    deaths = Deaths(two, scenario="delivery")
    assert not deaths.check()
    kill(two[1])
    deaths.scenario = "capacity"
    assert deaths.check()
    assert deaths.check()
    (found,) = deaths.found
    assert found.how == "process 2 of 2 was ended by SIGKILL"
    assert found.scenario == "capacity"
    (row,) = deaths.operations(7)
    recording = Recording()
    recording.add("operations", [row])
    (recorded,) = recording.frame("operations").to_dict("records")
    assert (recorded["session"], recorded["kind"], recorded["ok"]) == (7, PROCESS, False)
    assert recorded["detail"] == found.how


def test_the_exit_status_is_named_but_the_output_is_not(tmp_path: Path) -> None:
    with child(tmp_path, "raise SystemExit('/home/somebody/secret')") as failing:
        while failing.returncode is None:
            time.sleep(0.01)
        deaths = Deaths([failing])
        deaths.check()
    assert [one.how for one in deaths.found] == ["process 1 of 1 ended with status 1"]


def test_a_stopped_process_is_no_death_and_each_new_death_counts(two: list[Child]) -> None:
    deaths = Deaths(two)
    two[0].stop()
    assert not deaths.check()
    for _ in range(2):
        two[0].start()
        kill(two[0])
        deaths.check()
    assert len(deaths.found) == 2


async def test_the_background_task_finds_a_death(two: list[Child]) -> None:
    deaths = Deaths(two)
    watching = asyncio.create_task(deaths.watch())
    os.kill(two[0].pid, signal.SIGTERM)
    for _ in range(3000):
        if deaths.found:
            break
        await asyncio.sleep(0.01)
    watching.cancel()
    assert deaths.found[0].how == "process 1 of 2 was ended by SIGTERM"


def test_the_child_of_a_dead_process_still_counts_for_the_server(tmp_path: Path) -> None:
    with child(tmp_path, MASTER) as master:
        while "ready" not in master.log.read_text():
            assert master.returncode is None
        worker = int(master.log.read_text().split()[0])
        sampler = ResourceSampler(1, {"server": lambda: roots_of([master])})
        sampler.sample()
        assert roots_of([master]) == [master.pid]
        kill(master)
        sampler.sample()
        assert roots_of([master]) == [worker]
        orphan = psutil.Process(worker)
    assert all_ended([orphan])
    sampler.sample()
    recording = Recording()
    sampler.record(recording)
    rows = recording.frame("resources")
    rows = rows[rows["role"] == "server"]
    before, during, after = rows["cpu_ns"]
    assert 0.5e9 <= before <= during <= after < before + 0.3e9
    assert rows["pss_bytes"].iloc[1] > 0 == rows["pss_bytes"].iloc[2]
    assert rows["ended"].tolist() == [0, 1, 2]
