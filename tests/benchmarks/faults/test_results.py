"""Tests that a fault of a server is a result: it is counted and named, and the window is valid."""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from benchmarks.generator.fleet import Fleet
from benchmarks.measure.deliveries import Deliveries, quantile
from benchmarks.measure.runs import Run
from benchmarks.measure.validity import invalid_because
from benchmarks.recording import Recording
from tests.benchmarks import rooms
from tests.benchmarks.faults.registry import fault
from tests.benchmarks.faults.relay import slow_reader
from tests.benchmarks.rooms import crowd_of, null_process, null_server, only_run

pytestmark = pytest.mark.alone

USERS, ROOM = 20, 10
SLOW_GENERATOR = ("generator's event loop", "generator paused", "generator sent", "generator used")
"""Beginnings of the reasons that are ignored: other tests on this machine may slow a generator."""


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    return crowd_of(tmp_path, USERS, ROOM)


record = partial(rooms.record, room_size=ROOM, per_user=3.0, users=USERS)


async def with_fault(crowd: Path, folder: Path, *arguments: str, grace: float = 1.0) -> Run:
    """Let the crowd chat on a null server with a fault; return what was measured."""
    async with null_server(crowd, *arguments) as place:
        return only_run(await record(crowd, folder, place, "websocket", grace=grace))


def seen(run: Run) -> Deliveries:
    """Return the deliveries of a window, of which there are some."""
    assert run.deliveries is not None
    return run.deliveries


def assert_it_is_a_result(run: Run) -> None:
    """Assert that a window is valid, whatever the server did."""
    assert [one for one in invalid_because(run) if not one.startswith(SLOW_GENERATOR)] == []


def assert_named(run: Run, name: str) -> None:
    """Assert that a window is valid and that one of its faults contains this text."""
    assert any(name in one for one in run.faults), run.faults
    assert_it_is_a_result(run)


async def test_a_server_without_a_fault_has_no_faults_or_losses(
    crowd: Path, tmp_path: Path
) -> None:
    run = await with_fault(crowd, tmp_path)
    assert seen(run).sent > 30
    assert seen(run).expected == seen(run).received
    assert np.isfinite(seen(run).latencies_ms).all()
    assert (run.faults, run.errors) == ([], {})
    assert_it_is_a_result(run)


@fault(
    "stall",
    injected="the server sleeps for 0.5 s in the middle of a window",
    caught_by="latency from the intended time; the fault “server stalled”",
    null="stall",
)
async def test_a_stall_is_seen_in_the_latencies(crowd: Path, tmp_path: Path) -> None:
    run = await with_fault(crowd, tmp_path, "--fault=stall")
    assert_named(run, "server stalled")
    assert seen(run).latencies_ms.max() >= 400


@fault(
    "one delivery dropped",
    injected="one of about 500 deliveries is not written",
    caught_by="`lost`; its latency is infinite",
    null="drop",
)
async def test_one_dropped_delivery_is_lost(crowd: Path, tmp_path: Path) -> None:
    run = await with_fault(crowd, tmp_path, "--fault=drop")
    assert_named(run, "1 of ")
    assert np.isinf(seen(run).latencies_ms).sum() == 1


@fault(
    "duplicate",
    injected="one delivery is written twice",
    caught_by="the fault “deliveries duplicated”",
    null="duplicate",
)
async def test_a_duplicate_is_named(crowd: Path, tmp_path: Path) -> None:
    run = await with_fault(crowd, tmp_path, "--fault=duplicate")
    assert_named(run, "1 deliveries duplicated")


@fault(
    "reorder",
    injected="one delivery is held back until the next",
    caught_by="the fault “deliveries out of order”",
    null="reorder",
)
async def test_a_delivery_out_of_order_is_named(crowd: Path, tmp_path: Path) -> None:
    run = await with_fault(crowd, tmp_path, "--fault=reorder")
    assert_named(run, "1 deliveries out of order")


@fault(
    "no acknowledgement",
    injected="one message is delivered and never acknowledged",
    caught_by="“messages not acknowledged”; it counts as lost for every member",
    null="unacknowledged",
)
async def test_an_unacknowledged_message_counts_as_lost(crowd: Path, tmp_path: Path) -> None:
    run = await with_fault(crowd, tmp_path, "--fault=unacknowledged")
    assert_named(run, "not acknowledged")
    assert seen(run).lost == ROOM - 1


@fault(
    "deliveries lost in two of three repeats",
    injected="in two of three repeats, one of nine deliveries of each message is not written",
    caught_by="p99 is infinite; no repeat is left out",
)
async def test_repeats_that_lose_deliveries_are_valid(crowd: Path, tmp_path: Path) -> None:
    lossy = ("--fault=drop", "--fault-at=1", "--fault-lasts")
    for number, arguments in enumerate(((), lossy, lossy)):
        folder = tmp_path / str(number)
        folder.mkdir()
        run = await with_fault(crowd, folder, *arguments)
        assert_it_is_a_result(run)
        is_finite = np.isfinite(quantile(seen(run).latencies_ms, 0.99))
        assert is_finite is np.bool_(not arguments)
        assert seen(run).lost == (seen(run).sent if arguments else 0)


@fault(
    "deliveries removed from the raw data",
    injected="30 % of the rows of `received` are removed",
    caught_by="`lost`; p99 is infinite instead of better",
)
async def test_removed_deliveries_make_the_latency_worse(crowd: Path, tmp_path: Path) -> None:
    async with null_server(crowd) as place:
        recording = await record(crowd, tmp_path, place, "websocket")
    rows = recording.frame("received")
    run = only_run(replaced(recording, "received", rows[rows.index % 10 >= 3]))
    assert_named(run, "deliveries lost")
    assert quantile(seen(run).latencies_ms, 0.99) == np.inf
    assert seen(run).lost / seen(run).expected == pytest.approx(0.3, abs=0.1)


@fault(
    "everything 3 s late",
    injected="the server waits for 3 s before each delivery",
    caught_by="the latency; the window is valid",
    null="late",
)
async def test_the_window_of_a_slow_server_is_valid(crowd: Path, tmp_path: Path) -> None:
    late = ("--fault=late", "--fault-at=1", "--fault-lasts")
    run = await with_fault(crowd, tmp_path, *late, grace=5.0)
    assert seen(run).lost == 0
    assert seen(run).latencies_ms.min() >= 3000
    assert_it_is_a_result(run)


@fault(
    "server stopped",
    injected="SIGSTOP in the middle of a window, until the end of its grace period",
    caught_by="`lost` and “messages not acknowledged”; p99 is infinite",
)
async def test_a_stopped_server_loses_unacknowledged_messages(crowd: Path, tmp_path: Path) -> None:
    async with null_process(crowd) as (place, process):

        async def stop(_fleet: Fleet) -> None:
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(0.7)

        run = only_run(
            await record(
                crowd,
                tmp_path,
                place,
                "websocket",
                meanwhile=stop,
                afterwards=lambda: process.send_signal(signal.SIGCONT),
            )
        )
    assert_named(run, "not acknowledged")
    assert seen(run).lost >= seen(run).unacknowledged * (ROOM - 1) > 0
    assert quantile(seen(run).latencies_ms, 0.99) == np.inf


@fault(
    "dead server",
    injected="SIGKILL in the middle of a window",
    caught_by="`lost` and the errors of its sockets",
)
async def test_a_dead_server_loses_deliveries_and_closes_all_sockets(
    crowd: Path, tmp_path: Path
) -> None:
    async with null_process(crowd) as (place, process):

        async def kill(_fleet: Fleet) -> None:
            process.kill()
            await asyncio.sleep(0.7)

        run = only_run(await record(crowd, tmp_path, place, "websocket", meanwhile=kill))
    assert_named(run, "deliveries lost")
    assert run.errors["socket: closed 1006"] == USERS, run.errors


@fault(
    "a client that reads slowly",
    injected="one connection reads 512 bytes every 0.1 s",
    caught_by="the latency of that member; deliveries to the others are not later",
)
async def test_a_client_that_reads_slowly_delays_only_itself(crowd: Path, tmp_path: Path) -> None:
    async with null_server(crowd) as place, slow_reader(place, wait=0.1) as slow:
        recording = await record(crowd, tmp_path, slow, "websocket")
    rows = recording.frame("received").merge(recording.frame("sent"), on="ref")
    took = (rows["received_ns"] - rows["intended_ns"]).groupby(rows["recipient"]).median() / 1e6
    assert took.max() > 200 > took.drop(took.idxmax()).max()
    run = only_run(recording)
    assert quantile(seen(run).latencies_ms, 0.99) > 200
    assert_it_is_a_result(run)


@fault(
    "a server that delivers to the sender only",
    injected="each message goes back to its sender and to nobody else",
    caught_by="`lost`: every delivery",
    null="sender-only",
)
async def test_a_delivery_to_the_sender_does_not_count(crowd: Path, tmp_path: Path) -> None:
    sender_only = ("--fault=sender-only", "--fault-at=1", "--fault-lasts")
    run = await with_fault(crowd, tmp_path, *sender_only)
    assert_named(run, "deliveries lost")
    assert seen(run).received == 0
    assert seen(run).lost == seen(run).expected > 0
    assert seen(run).unacknowledged == 0


@fault(
    "a server that answers 200 and stores nothing",
    injected="pages poll; every message is acknowledged, and no response contains any",
    caught_by="`lost`: every delivery",
)
async def test_an_acknowledgement_does_not_count_as_a_delivery(crowd: Path, tmp_path: Path) -> None:
    command = (sys.executable, "-m", "tests.benchmarks.faults.polling_server", str(crowd))
    async with rooms.serving(*command) as (place, _process):
        run = only_run(await record(crowd, tmp_path, place, "polling", grace=5.5))
    assert_named(run, "deliveries lost")
    assert (seen(run).unacknowledged, seen(run).received) == (0, 0)
    assert run.errors == {}


@fault(
    "wall clock set back",
    injected="from one message on, the server's clock is an hour behind",
    caught_by="nothing changes: all times are from the monotonic clock of the generator's machine",
    null="clock-back",
)
async def test_a_wall_clock_that_is_set_back_changes_nothing(crowd: Path, tmp_path: Path) -> None:
    clock_back = ("--fault=clock-back", "--fault-at=10", "--fault-lasts")
    run = await with_fault(crowd, tmp_path, *clock_back)
    assert (seen(run).lost, seen(run).early, run.faults) == (0, 0, [])
    assert (seen(run).latencies_ms > 0).all()
    assert seen(run).latencies_ms.max() < 60_000
    assert_it_is_a_result(run)


def replaced(recording: Recording, table: str, rows: object) -> Recording:
    """Return a copy of raw data in which one table has other rows."""
    parts = {name: part for name, part in recording.parts.items() if name != table}
    other = Recording(parts)
    other.add(table, rows.to_dict("records"))  # type: ignore[attr-defined]
    return other
