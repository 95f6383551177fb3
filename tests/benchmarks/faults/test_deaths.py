"""Tests of whole runs in which a server is killed: its death is a result, and the run goes on."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest

from benchmarks.measure.deliveries import quantile
from benchmarks.measure.evidence import evidence_of
from benchmarks.measure.metrics import capacities
from benchmarks.measure.runs import Run
from benchmarks.measure.validity import usage_refused_because
from benchmarks.recording import PROCESSORS, Manifest, Recording, Window
from benchmarks.run.pinning import Pinning
from benchmarks.run.plan import SessionPlan
from benchmarks.run.profiles import SMOKE, Profile
from benchmarks.run.runner import Runner
from benchmarks.run.session import BenchSession
from benchmarks.scenarios import delivery
from benchmarks.scenarios.base import Scenario
from benchmarks.scenarios.registry import find_scenario
from benchmarks.servers.registry import find_server
from tests.benchmarks.faults.registry import fault
from tests.benchmarks.faults.test_results import assert_it_is_a_result, assert_named, seen
from tests.launch import all_ended

pytestmark = [pytest.mark.alone, pytest.mark.long]

USERS, ROOM = 20, 10
RUN_TIMEOUT_SECONDS = 150.0
"""Time after which a run of some windows is considered to hang."""

PROFILE: Profile = replace(
    SMOKE,
    users=USERS,
    room_size=ROOM,
    messages_per_user=1.0,
    warm_up=0.5,
    block=1.5,
    capacity_limit=40,
    capacity_window=1.0,
)
KILLED = "process 1 of 1 was ended by SIGKILL"


class NoProgress:
    """A progress display that shows nothing."""

    def __call__(self, _what: str) -> None:
        pass

    def extend(self, _steps: int) -> None:
        pass


def killing_scenario(victims: list[psutil.Process]) -> Scenario:
    """Return the delivery scenario, in whose first window the server's first process is killed.

    The process and its children are added to ``victims``.
    """

    async def run(session: BenchSession) -> None:
        window = session.window

        async def killing_window(scenario: str, phase: str, seconds: float) -> Window:
            if victims:
                return await window(scenario, phase, seconds)
            start = time.monotonic_ns()
            session.sampler.sample()
            await asyncio.sleep(seconds / 2)
            server = psutil.Process(session.processes[0].pid)
            victims.extend([server, *server.children(recursive=True)])
            server.kill()
            for _ in range(3000):
                if session.deaths.found:
                    break
                await asyncio.sleep(0.01)
            await asyncio.sleep(seconds / 2)
            session.sampler.sample()
            return session.record(scenario, phase, start, time.monotonic_ns())

        session.window = killing_window  # type: ignore[method-assign]
        await delivery.run(session)

    return replace(delivery.SCENARIO, run=run)


async def drive(folder: Path, server: str, *later: str) -> tuple[Manifest, Recording]:
    """Run a session in which the server is killed, then one in which it is not.

    The first session runs the scenarios ``later`` after the death.
    """
    victims: list[psutil.Process] = []
    scenarios = (killing_scenario(victims), *(find_scenario(name) for name in later))
    chosen = find_server(server)
    pinning = Pinning.plan(os.sched_getaffinity(0))
    manifest = Manifest("run", PROFILE.name, dict(PROFILE.__dict__), {})
    runner = Runner(PROFILE, pinning, folder, manifest, NoProgress())
    async with asyncio.timeout(RUN_TIMEOUT_SECONDS):
        await runner.drive(
            [
                SessionPlan(1, chosen, 1, scenarios, blocks=2),
                SessionPlan(2, chosen, 2, (delivery.SCENARIO,), blocks=1),
            ]
        )
    assert victims
    assert all_ended(victims)
    assert Manifest.read(folder).deaths == manifest.deaths
    return Manifest.read(folder), Recording.read(folder)


def windows_of(recording: Recording) -> dict[tuple[int, str], list[Run]]:
    """Return the windows by start and scenario.

    The load of the processors is not judged, because other programs may run during a test.
    """
    windows: dict[tuple[int, str], list[Run]] = {}
    for run in evidence_of(recording, {PROCESSORS}).runs:
        windows.setdefault((run.repeat, run.window.scenario), []).append(run)
    return windows


def assert_deliveries_lost_after_death(windows: dict[tuple[int, str], list[Run]]) -> None:
    """Assert that the window of the death loses some deliveries, and the next one all."""
    first, second = windows[1, "delivery"]
    assert first.errors[f"process: {KILLED}"] == 1
    assert first.deaths == second.deaths == (KILLED,)
    assert seen(first).lost > 0
    assert (seen(second).received, seen(second).lost) == (0, seen(second).expected)
    assert seen(second).expected > 0
    for run in (first, second, *windows[1, "typing"]):
        assert_named(run, "deliveries lost")
        assert f"the server is not whole: {KILLED}" in usage_refused_because(run)
    assert quantile(seen(second).latencies_ms, 0.99) == float("inf")


def assert_next_start_is_not_affected(windows: dict[tuple[int, str], list[Run]]) -> None:
    (run,) = windows[2, "delivery"]
    assert run.deaths == ()
    assert seen(run).received > 0
    assert not [one for one in run.errors if one.startswith(("process", "connect"))]
    assert_it_is_a_result(run)


@fault(
    "dead server in a run: Daphne",
    injected="SIGKILL in the middle of a window; more scenarios and a start follow",
    caught_by="`lost` and failed operations in every later window, a failed step of the capacity "
    "search, failed requests; the manifest and the report name the process; the run goes on",
)
async def test_a_run_goes_on_when_a_socket_server_dies(tmp_path: Path) -> None:
    later = ("resources", "websocket", "http", "capacity")
    manifest, recording = await drive(tmp_path, "daphne", *later)
    assert manifest.complete
    (died,) = manifest.deaths
    assert died["left_out"] == ["resources", "websocket"]
    assert (died["server"], died["start"], died["scenario"]) == ("daphne", 1, "delivery")
    assert died["how"] == KILLED
    windows = windows_of(recording)
    assert_deliveries_lost_after_death(windows)
    assert windows[1, "delivery"][0].errors["socket: closed 1006"] == USERS
    (step,) = windows[1, "capacity"]
    assert step.window.users > USERS, "newcomers were tried"
    assert step.errors["connect: ConnectionRefusedError"] > 0
    found = capacities(evidence_of(recording, {PROCESSORS}), "daphne")[1]
    assert (found.users, found.failed_at) == (0, step.window.users)
    for run in windows[1, "http"]:
        assert (run.requests, run.is_lower_bound) == ({}, False)
        # After a failed request a user waits for 0.1 s, so that Locust does not become the limit.
        most = PROFILE.http_users * (run.seconds / 0.1 + 2)
        assert 0 < run.failed_requests <= most
        assert_it_is_a_result(run)
    assert recording.frame("probes").empty
    assert_next_start_is_not_affected(windows)


@fault(
    "dead server in a run: Gunicorn",
    injected="SIGKILL to its master in the middle of a window; then its workers end too",
    caught_by="as with Daphne; CPU and memory of the workers are recorded as the server's until "
    "they end",
)
async def test_a_run_goes_on_when_gunicorns_master_dies(tmp_path: Path) -> None:
    manifest, recording = await drive(tmp_path, "gunicorn", "http")
    assert manifest.complete
    (died,) = manifest.deaths
    assert (died["server"], died["how"], died["left_out"]) == ("gunicorn", KILLED, [])
    assert died["log"] == "logs/01-gunicorn.log"
    windows = windows_of(recording)
    first, second = windows[1, "delivery"]
    assert first.errors[f"process: {KILLED}"] == 1
    assert seen(second).lost == seen(second).expected > 0
    assert second.errors["poll: ClientConnectorError"] > 0
    for run in (first, second):
        assert_named(run, "deliveries lost")
        assert f"the server is not whole: {KILLED}" in usage_refused_because(run)
    for run in windows[1, "http"]:
        assert (run.requests, run.failed_requests > 0) == ({}, True)
        assert_it_is_a_result(run)
    assert_server_counters_only_grow(recording.frame("resources"))
    assert_next_start_is_not_affected(windows)


def assert_server_counters_only_grow(resources: pd.DataFrame) -> None:
    for _session, rows in resources[resources["role"] == "server"].groupby("session"):
        assert rows["cpu_ns"].is_monotonic_increasing
        assert rows["ended"].is_monotonic_increasing
