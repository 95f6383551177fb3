"""Tests of why the fan-out's search stops: a server with a fault, or a generator at its limit."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.measure.evidence import evidence_of
from benchmarks.measure.fanout import ClientCrosscheck, HighestRate, client_crosscheck, fanouts
from benchmarks.measure.validity import invalid_because
from benchmarks.recording import PROCESSORS, Recording
from benchmarks.run.pinning import Pinning
from benchmarks.run.profiles import SMOKE, Crowd, with_crowd
from benchmarks.run.resources import ResourceSampler
from benchmarks.run.session import BenchSession
from benchmarks.run.workspace import SessionPlace
from benchmarks.scenarios import fanout
from benchmarks.scenarios.base import Scenario
from benchmarks.scenarios.registry import find_scenario
from benchmarks.servers.registry import find_server
from tests.benchmarks.rooms import crowd_of, fleet_of, keep_busy, null_server

SOCKETS = 20


@pytest.fixture(autouse=True)
def _short_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make attempts long enough to fail for the right reason, but too short for exact figures."""
    monkeypatch.setattr(fanout, "SETTLE_SECONDS", 0.2)
    monkeypatch.setattr(fanout, "HIGHEST_DELIVERIES_PER_SECOND", 10_000.0)
    monkeypatch.setattr(fanout, "REFERENCE", 2_000.0)
    # Do not search at lower rates: a server whose fault has begun fails at these too.
    monkeypatch.setattr(fanout, "LOWEST_MESSAGES_PER_SECOND", 2_001.0 / (SOCKETS - 1))


@asynccontextmanager
async def null_session(
    folder: Path, *fault: str, window: float = 0.4
) -> AsyncIterator[BenchSession]:
    """Yield a session on a running null server, with a crowd in one room."""
    crowd = crowd_of(folder, SOCKETS, SOCKETS)
    profile = with_crowd(
        replace(SMOKE, warm_up=0.2, fanout_window=window, floor=1.5), Crowd(SOCKETS, SOCKETS)
    )
    async with (
        null_server(crowd, *fault) as place,
        fleet_of(crowd, folder, "picows", SOCKETS) as fleet,
    ):
        await fleet.reach(place)
        yield BenchSession(
            server=find_server("null"),
            number=1,
            repeat=1,
            profile=profile,
            place=place,
            pinning=Pinning([0], [0]),
            workspace=SessionPlace(folder, crowd, {}),
            run=folder,
            fleet=fleet,
            sampler=ResourceSampler(1, {}),
            recording=Recording(),
        )


async def record(session: BenchSession, scenario: Scenario) -> Recording:
    """Run a scenario; return the raw data."""
    row = {"session": 1, "server": "null", "transport": "websocket", "repeat": 1}
    session.recording.add("sessions", [row | {"start_ns": time.monotonic_ns()}])
    await scenario.run(session)
    await session.fleet.finish(session.recording)
    return session.recording


async def run_search(session: BenchSession) -> HighestRate:
    """Run the fan-out scenario; return the result of its search."""
    recording = await record(session, find_scenario("fanout"))
    (result,) = fanouts(evidence_of(recording, {PROCESSORS}))
    assert (result.server, result.sockets) == ("null", SOCKETS)
    return result.held


async def test_the_search_on_a_server_without_losses_ends_at_the_fastest_rate(
    tmp_path: Path,
) -> None:
    async with null_session(tmp_path) as session:
        held = await run_search(session)
    # If other programs use the machine, the search may stop earlier, but never because of a loss.
    assert "did not come" not in held.stopped_by
    assert held.at_least or "p99" in held.stopped_by or held.invalid_because


@pytest.mark.parametrize("fault", ["drop", "unacknowledged"])
async def test_the_search_stops_at_the_rate_where_the_server_begins_to_fail(
    fault: str, tmp_path: Path
) -> None:
    arguments = (f"--fault={fault}", "--fault-at=200", "--fault-lasts")
    async with null_session(tmp_path, *arguments) as session:
        held = await run_search(session)
    # The latency of an unacknowledged message is infinite for every member.
    assert "did not come in time" in held.stopped_by or held.invalid_because, held
    assert not held.at_least
    phases = {int(row["phase"]) for row in session.recording.frame("windows").to_dict("records")}
    assert max(phases) < fanout.HIGHEST_DELIVERIES_PER_SECOND


async def test_one_lost_delivery_is_enough_to_stop_the_search(tmp_path: Path) -> None:
    # The loss is within the first attempt, after about 40 of its about 300 messages.
    async with null_session(tmp_path, "--fault=drop", "--fault-at=200", window=3.0) as session:
        recording = await record(session, find_scenario("fanout"))
    evidence = evidence_of(recording, {PROCESSORS})
    missing = {
        run.deliveries.expected - run.deliveries.received: run
        for run in evidence.runs
        if run.deliveries and run.deliveries.received < run.deliveries.expected
    }
    assert missing
    (result,) = fanouts(evidence)
    held = result.held
    # If the generator got too little processor time, more deliveries are missing, and the attempt
    # does not show anything about the server.
    with_loss = missing.get(1)
    if with_loss and not invalid_because(with_loss) and "only the generator" not in held.stopped_by:
        assert re.search(r": 1 of .* did not come in time", held.stopped_by), held


async def test_a_generator_that_cannot_keep_up_makes_the_figure_invalid(tmp_path: Path) -> None:
    async with null_session(tmp_path) as session:
        disturbing = asyncio.create_task(keep_busy(session.fleet, times=200))
        try:
            held = await run_search(session)
        finally:
            disturbing.cancel()
            await asyncio.gather(disturbing, return_exceptions=True)
    assert any("generator" in reason for reason in held.invalid_because), held


async def run_crosscheck(session: BenchSession) -> ClientCrosscheck:
    recording = await record(session, find_scenario("client-crosscheck"))
    result = client_crosscheck(evidence_of(recording, {PROCESSORS}))
    assert result is not None
    return result


async def test_both_clients_receive_every_delivery_of_the_same_load(tmp_path: Path) -> None:
    async with null_session(tmp_path) as session:
        recording = await record(session, find_scenario("client-crosscheck"))
    windows = [run for run in evidence_of(recording, {PROCESSORS}).runs if run.deliveries]
    assert [run.window.phase for run in windows] == ["websocket", "picows", "picows", "websocket"]
    for run in windows:
        assert run.deliveries is not None
        assert run.deliveries.sent > 100
        assert run.deliveries.received == run.deliveries.sent * (SOCKETS - 1)
        assert (run.deliveries.duplicated, run.deliveries.reordered) == (0, 0)


async def test_a_delivery_that_only_one_client_receives_is_a_disagreement(tmp_path: Path) -> None:
    async with null_session(tmp_path, "--fault=drop", "--fault-at=150") as session:
        result = await run_crosscheck(session)
    assert any("deliveries lost" in one for one in result.disagreements), result
