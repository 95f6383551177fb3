"""Tests of every server that only broadcasts, in a separate process, over the chat's protocol."""

from __future__ import annotations

import asyncio
import http.client
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.errors import NotObtainable
from benchmarks.generator.log import client_id_of
from benchmarks.generator.members import Member
from benchmarks.generator.users import Place
from benchmarks.servers.base import Server
from benchmarks.servers.null import CROWD_VARIABLE
from benchmarks.servers.registry import servers
from reference_app import protocol
from reference_app.serving.processes import Child, free_port, wait_until_served
from tests.benchmarks.rooms import crowd_of, drive

BROADCASTERS = [server for server in servers().values() if server.role == "bare"]


@contextmanager
def running(server: Server, crowd: Path, folder: Path) -> Iterator[Place]:
    """Run a server on a free port, and end it even if the test fails."""
    try:
        server.obtain()
    except NotObtainable as error:
        pytest.fail(f"{error}: install Node.js 18 or newer with npm.")
    place = Place("127.0.0.1", (free_port(),))
    environment = {**os.environ, **server.environment, CROWD_VARIABLE: str(crowd)}
    (part,) = server.parts
    command = part.command(place.host, place.port, None)
    with Child(server.name, command, environment, folder / "server.log") as child:
        wait_until_served(child, place.host, place.port, 30, tls=False)
        yield place


each_broadcaster = pytest.mark.parametrize(
    "server", BROADCASTERS, ids=[server.name for server in BROADCASTERS]
)
each_with_the_chats_protocol = pytest.mark.parametrize(
    "server",
    [server for server in BROADCASTERS if server.client == "picows"],
    ids=[server.name for server in BROADCASTERS if server.client == "picows"],
)


def test_all_peers_are_registered() -> None:
    assert {server.name for server in BROADCASTERS} == {"null", "picows", "ws", "socket.io"}


@each_broadcaster
async def test_each_other_member_receives_every_message_once_and_in_order(
    server: Server, tmp_path: Path
) -> None:
    crowd = crowd_of(tmp_path, users=20, room_size=10)
    with running(server, crowd, tmp_path) as place:
        run = await drive(crowd, tmp_path, place, server.client, room_size=10, per_user=3.0)
    seen = run.deliveries
    assert seen is not None
    assert seen.sent > 30
    assert (seen.expected, seen.unacknowledged) == (seen.sent * 9, 0)
    assert (seen.received, seen.lost, seen.duplicated, seen.reordered) == (seen.expected, 0, 0, 0)
    assert run.errors == {}


async def receive(socket: ClientConnection) -> protocol.ServerFrame:
    async with asyncio.timeout(20):
        return protocol.server_frames.validate_json(await socket.recv())


def socket_of(place: Place, number: int) -> connect:
    member = Member(id=number + 1, session=f"s{number}", csrf="c", room=1)
    return connect(place.websocket(0), additional_headers={"Cookie": member.cookie}, proxy=None)


@each_with_the_chats_protocol
async def test_a_socket_receives_welcome_changes_acknowledgement_and_messages(
    server: Server, tmp_path: Path
) -> None:
    with running(server, crowd_of(tmp_path, users=2, room_size=2), tmp_path) as place:
        async with socket_of(place, 0) as ann, socket_of(place, 1) as ben:
            welcome, _other = await receive(ann), await receive(ben)
            assert isinstance(welcome, protocol.Welcome)
            assert welcome.me.id == 1
            await ann.send(protocol.SyncFrame().model_dump_json())
            changes = await receive(ann)
            assert isinstance(changes, protocol.Changes)
            assert [(state.id, state.seq) for state in changes.reset] == [(1, 0)]
            frame = protocol.SendFrame(client_id=client_id_of(7), conversation=1, text="hé\n")
            await ann.send(frame.model_dump_json())
            own, ack, event = await receive(ann), await receive(ann), await receive(ben)
            assert isinstance(ack, protocol.Ack)
            assert isinstance(event, protocol.MessageEvent)
            assert own == event
            assert (event.actor.id, event.text, event.seq) == (1, "hé\n", 1)
            assert ack.client_id == event.client_id == frame.client_id


@each_broadcaster
def test_the_readiness_check_is_answered(server: Server, tmp_path: Path) -> None:
    with running(server, crowd_of(tmp_path, users=2, room_size=2), tmp_path) as place:
        connection = http.client.HTTPConnection(place.host, place.port, timeout=20)
        connection.request("GET", "/healthz")
        assert connection.getresponse().status == 200
        connection.close()


# Not for Socket.IO: its library manages the members of rooms.
@each_with_the_chats_protocol
async def test_nothing_is_sent_to_a_closed_socket(server: Server, tmp_path: Path) -> None:
    with running(server, crowd_of(tmp_path, users=3, room_size=3), tmp_path) as place:
        async with socket_of(place, 0) as ann:
            await receive(ann)
            async with socket_of(place, 1) as ben:
                await receive(ben)
            await ann.send(
                protocol.SendFrame(
                    client_id=client_id_of(7), conversation=1, text="hi"
                ).model_dump_json()
            )
            assert isinstance(await receive(ann), protocol.MessageEvent)
            assert isinstance(await receive(ann), protocol.Ack)
    log = (tmp_path / "server.log").read_text()
    assert "Traceback" not in log
    assert "Error" not in log
