"""Tests that a generator does not wait for a server that has died or that never answers."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.generator import generator, picows
from benchmarks.generator.generator import Generator
from benchmarks.generator.log import MESSAGE, Log
from benchmarks.generator.members import read_crowd
from benchmarks.generator.users import Place
from benchmarks.servers.base import Client
from benchmarks.transports import websocket
from reference_app.serving.processes import free_port
from tests.benchmarks.rooms import crowd_of, null_process

USERS = 10
TIMEOUT_SECONDS = 60.0
"""Time limit of a test. A generator that waited for the server would wait for an hour."""


@pytest.fixture
def crowd(tmp_path: Path) -> Path:
    return crowd_of(tmp_path, USERS, USERS)


def generator_of(crowd: Path, place: Place, log: Log) -> Generator:
    return Generator(read_crowd(crowd), place, log, seed=3)


async def test_users_of_a_dead_server_disconnect_without_waiting_to_reconnect(
    crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "FIRST_BACKOFF_SECONDS", (3600.0, 3600.0))
    log = Log(1, 0)
    async with asyncio.timeout(TIMEOUT_SECONDS), null_process(crowd) as (place, process):
        users = generator_of(crowd, place, log)
        await users.connect(USERS, "websocket")
        process.kill()
        await process.wait()
        while sum(one[0] == "socket" for one in log.operations) < USERS:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await users.send_on_schedule(100.0)
        while not any(one.sent_ns > 0 for one in log.sent.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await users.stop_sending()
        assert (await users.disconnect_to(0)) == {"users": 0}
    assert {one.kind for one in log.sent.values()} == {MESSAGE}
    failed = [one for one in log.operations if one[0] == "send"]
    assert {(ok, why) for _kind, _at, _took, ok, why in failed} == {(False, "not connected")}


@pytest.mark.parametrize("client", ["polling", "long-poll", "websocket", "picows"])
async def test_a_connection_to_a_dead_server_fails_at_once_and_is_counted(
    client: Client, crowd: Path
) -> None:
    log = Log(1, 0)
    users = generator_of(crowd, Place("127.0.0.1", (free_port(),)), log)
    async with asyncio.timeout(TIMEOUT_SECONDS):
        assert (await users.connect(USERS, client)) == {"users": USERS}
        await users.disconnect_to(0)
        await users._http.close()
    failed = [ok for kind, _at, _took, ok, _why in log.operations if kind == "connect"]
    assert failed == [False] * USERS


async def test_a_socket_that_closes_before_the_welcome_frame_fails_at_once(
    crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picows, "CONNECT_TIMEOUT", 3600)
    log = Log(1, 0)

    async def close(socket: ServerConnection) -> None:
        socket.transport.abort()

    async with asyncio.timeout(TIMEOUT_SECONDS), serve(close, "127.0.0.1", 0) as server:
        place = Place("127.0.0.1", (server.sockets[0].getsockname()[1],))
        users = generator_of(crowd, place, log)
        await users.connect(USERS, "picows")
        await users.disconnect_to(0)
    attempts = [one for one in log.operations if one[0] == "connect"]
    assert len(attempts) == USERS
    assert not any(ok for _kind, _at, _took, ok, _why in attempts)


async def test_no_connection_is_attempted_after_the_time_limit(
    crowd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generator, "CONNECT_TIMEOUT_SECONDS", 0.0)
    log = Log(1, 0)
    async with null_process(crowd) as (place, _process):
        users = generator_of(crowd, place, log)
        assert (await users.connect(USERS, "websocket")) == {"users": USERS}
        await users.disconnect_to(0)
    assert [one[3:] for one in log.operations] == [(False, "too late to try")] * USERS
