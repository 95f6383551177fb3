"""The search against real servers that fail, and against a generator that cannot: why it stops."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.measure.evidence import evidence_of
from benchmarks.measure.fanout import ClientCrosscheck, Held, client_crosscheck, fanouts
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
Meanwhile = Callable[[BenchSession], Awaitable[None]]


@pytest.fixture(autouse=True)
def _short_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    """So much as to fail for the right reason, not so much as to tell a figure."""
    monkeypatch.setattr(fanout, "SETTLE", 0.2)
    monkeypatch.setattr(fanout, "FASTEST", 10_000.0)
    monkeypatch.setattr(fanout, "REFERENCE", 2_000.0)
    # A server that has begun to fail does not recover at a lower rate: do not look for one.
    monkeypatch.setattr(fanout, "RAREST", 2_001.0 / (SOCKETS - 1))


@asynccontextmanager
async def standing(folder: Path, *fault: str, window: float = 0.4) -> AsyncIterator[BenchSession]:
    """Yield a null server with its crowd in one room."""
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


async def recorded(session: BenchSession, scenario: Scenario) -> Recording:
    row = {"session": 1, "server": "null", "transport": "websocket", "repeat": 1}
    session.recording.add("sessions", [row | {"start_ns": time.monotonic_ns()}])
    await scenario.run(session)
    await session.fleet.finish(session.recording)
    return session.recording


async def found(session: BenchSession) -> Held:
    recording = await recorded(session, find_scenario("fanout"))
    (one,) = fanouts(evidence_of(recording, {PROCESSORS}))
    assert (one.server, one.sockets) == ("null", SOCKETS)
    return one.held


async def test_a_server_that_loses_nothing_is_driven_up_to_the_end_of_the_search(
    tmp_path: Path,
) -> None:
    async with standing(tmp_path) as session:
        held = await found(session)
    # On a machine that is busy besides, it may stop sooner; but never for a loss.
    assert "did not come" not in held.stopped_by
    assert held.at_least or "p99" in held.stopped_by or held.invalid_because


@pytest.mark.parametrize("fault", ["drop", "unacknowledged"])
async def test_the_search_stops_at_the_rate_where_the_server_begins_to_fail(
    fault: str, tmp_path: Path
) -> None:
    async with standing(tmp_path, f"--fault={fault}", "--fault-at=200", "--fault-lasts") as session:
        held = await found(session)
    # What is not acknowledged counts as late without bound for every member.
    assert "did not come in time" in held.stopped_by or held.invalid_because, held
    assert not held.at_least
    phases = {int(row["phase"]) for row in session.recording.frame("windows").to_dict("records")}
    assert max(phases) < fanout.FASTEST


async def test_one_lost_delivery_is_enough_to_stop_it(tmp_path: Path) -> None:
    # In the middle of the first try, which has some 300 messages, after some 40.
    async with standing(tmp_path, "--fault=drop", "--fault-at=200", window=3.0) as session:
        recording = await recorded(session, find_scenario("fanout"))
    evidence = evidence_of(recording, {PROCESSORS})
    missing = {
        run.deliveries.expected - run.deliveries.received: run
        for run in evidence.runs
        if run.deliveries and run.deliveries.received < run.deliveries.expected
    }
    assert missing
    (one,) = fanouts(evidence)
    # Where the generator was starved more is missing, and the try says nothing of the server.
    struck = missing.get(1)
    if struck and not invalid_because(struck) and "only the generator" not in one.held.stopped_by:
        assert re.search(r": 1 of .* did not come in time", one.held.stopped_by), one.held


async def test_a_generator_that_cannot_keep_up_makes_the_figure_invalid(tmp_path: Path) -> None:
    async with standing(tmp_path) as session:
        hindering = asyncio.create_task(keep_busy(session.fleet, times=200))
        try:
            held = await found(session)
        finally:
            hindering.cancel()
            await asyncio.gather(hindering, return_exceptions=True)
    assert any("generator" in reason for reason in held.invalid_because), held


async def agreed(session: BenchSession) -> ClientCrosscheck:
    recording = await recorded(session, find_scenario("client-crosscheck"))
    seen = client_crosscheck(evidence_of(recording, {PROCESSORS}))
    assert seen is not None
    return seen


async def test_both_receiving_sides_see_every_delivery_of_the_same_load(tmp_path: Path) -> None:
    async with standing(tmp_path) as session:
        recording = await recorded(session, find_scenario("client-crosscheck"))
    windows = [run for run in evidence_of(recording, {PROCESSORS}).runs if run.deliveries]
    assert [run.window.phase for run in windows] == ["websocket", "picows", "picows", "websocket"]
    for run in windows:
        assert run.deliveries is not None
        assert run.deliveries.sent > 100
        assert run.deliveries.received == run.deliveries.sent * (SOCKETS - 1)
        assert (run.deliveries.duplicated, run.deliveries.reordered) == (0, 0)


async def test_a_delivery_that_one_side_misses_is_a_disagreement(tmp_path: Path) -> None:
    async with standing(tmp_path, "--fault=drop", "--fault-at=150") as session:
        seen = await agreed(session)
    assert any("deliveries lost" in one for one in seen.disagreements), seen
