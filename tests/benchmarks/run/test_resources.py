from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import psutil
import pytest

from benchmarks.recording import CONDUCTOR, Recording
from benchmarks.run.resources import ResourceSampler, interrupts_are_charged, processor_times

PARENT = """
import subprocess, sys
for line in sys.stdin:
    if line.strip() == "start":
        child = subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE)
        child.stdout.readline()
    if line.strip() == "end":
        child.communicate()
    print("done", flush=True)
"""
CHILD = """
import sys, time
while time.process_time() < 0.3: pass
print(flush=True)
sys.stdin.read()
"""


@contextmanager
def parent() -> Iterator[subprocess.Popen[str]]:
    """Run a process that starts or ends a child process on command."""
    process = subprocess.Popen(
        [sys.executable, "-c", f"CHILD = {CHILD!r}\n{PARENT}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.communicate()


def send_command(process: subprocess.Popen[str], command: str) -> None:
    """Send a command to the parent process, and wait until it is done."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(command + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


def samples_of(sampler: ResourceSampler, role: str = "server") -> pd.DataFrame:
    recording = Recording()
    sampler.record(recording)
    rows = recording.frame("resources")
    return rows[rows["role"] == role]


def test_the_cpu_time_of_an_ended_child_still_counts() -> None:
    with parent() as process:
        sampler = ResourceSampler(1, {"server": lambda: [process.pid]})
        sampler.sample()
        send_command(process, "start")
        sampler.sample()
        send_command(process, "end")
        sampler.sample()
    rows = samples_of(sampler)
    before, during, after = rows["cpu_ns"]
    assert during - before >= 0.25e9
    assert after >= during
    assert rows["ended"].tolist() == [0, 0, 1]
    assert rows["pss_bytes"].iloc[1] > rows["pss_bytes"].iloc[2] > 0


def test_the_cpu_time_of_a_child_that_lived_between_two_samples_counts() -> None:
    with parent() as process:
        sampler = ResourceSampler(1, {"server": lambda: [process.pid]})
        sampler.sample()
        send_command(process, "start")
        send_command(process, "end")
        sampler.sample()
    before, after = samples_of(sampler)["cpu_ns"]
    assert after - before >= 0.25e9


def test_a_replaced_process_counts_as_ended_and_its_cpu_time_still_counts() -> None:
    roots: list[int] = []
    sampler = ResourceSampler(1, {"server": lambda: roots})
    with parent() as first:
        roots[:] = [first.pid]
        send_command(first, "start")
        send_command(first, "end")
        sampler.sample()
    with parent() as second:
        roots[:] = [second.pid]
        sampler.sample()
    rows = samples_of(sampler)
    assert rows["cpu_ns"].is_monotonic_increasing
    assert rows["ended"].tolist() == [0, 1]


def test_this_process_is_sampled_as_the_conductor_without_its_children() -> None:
    with parent() as process:
        send_command(process, "start")
        sampler = ResourceSampler(1, {})
        sampler.sample()
        own = sum(psutil.Process().cpu_times()[:2])
    (used,) = samples_of(sampler, CONDUCTOR)["cpu_ns"]
    assert used / 1e9 == pytest.approx(own, abs=0.1)


def test_every_pinned_processor_is_sampled_and_its_counters_only_grow() -> None:
    cpus = sorted(os.sched_getaffinity(0))
    sampler = ResourceSampler(1, {}, {"server": cpus[:1], "generators": cpus[1:]})
    for _ in range(3):
        sampler.sample()
    recording = Recording()
    sampler.record(recording)
    rows = recording.frame("processors")
    assert sorted(rows["cpu"].unique()) == cpus
    for _cpu, rows_of_cpu in rows.groupby("cpu"):
        assert rows_of_cpu["busy_ns"].is_monotonic_increasing
        assert rows_of_cpu["steal_ns"].is_monotonic_increasing
    assert set(cpus) <= processor_times().keys()


@pytest.mark.parametrize(
    ("config", "are_charged"),
    [("# CONFIG_IRQ_TIME_ACCOUNTING is not set", True), ("CONFIG_IRQ_TIME_ACCOUNTING=y", False)],
)
def test_interrupts_are_charged_to_programs_unless_the_kernel_accounts_for_them(
    config: str, are_charged: bool, tmp_path: Path
) -> None:
    (tmp_path / f"config-{os.uname().release}").write_text(config)
    assert interrupts_are_charged(tmp_path, tmp_path) is are_charged
    (tmp_path / "config.gz").write_bytes(gzip.compress(b"CONFIG_IRQ_TIME_ACCOUNTING=y"))
    interrupts_are_charged.cache_clear()
    assert not interrupts_are_charged(tmp_path, tmp_path)


def test_interrupts_are_not_charged_if_the_kernel_configuration_is_unknown(tmp_path: Path) -> None:
    assert not interrupts_are_charged(tmp_path, tmp_path)
