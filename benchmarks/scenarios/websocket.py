"""Probe whether the server accepts a WebSocket, and answers on it."""

import asyncio

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from benchmarks.generator.members import Member, read_crowd
from benchmarks.generator.users import Place
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario
from reference_app import protocol

TIMEOUT = 10


async def run(session: BenchSession) -> None:
    """Open a socket of a signed-in user and read the welcome frame, several times."""
    member = read_crowd(session.workspace.crowd)[0]
    rows = []
    for _ in range(session.profile.probes):
        offered, detail = await _probe(session.place, member)
        rows.append(
            {
                "session": session.number,
                "capability": "websocket",
                "offered": offered,
                "detail": detail,
            }
        )
    # If the server has died, the failed probes say nothing about what it offers.
    session.require_whole_server()
    session.recording.add("probes", rows)


async def _probe(place: Place, member: Member) -> tuple[bool, str]:
    """Return whether the server sends the welcome frame, and what it answers with."""
    try:
        async with (
            asyncio.timeout(TIMEOUT),
            connect(
                place.websocket(0),
                additional_headers={"Cookie": member.cookie, "Origin": place.socket_origin(0)},
                ssl=place.context,
                proxy=None,
            ) as socket,
        ):
            frame = protocol.server_frames.validate_json(await socket.recv())
    except InvalidStatus as error:
        return False, f"HTTP {error.response.status_code} instead of 101"
    except (OSError, InvalidHandshake, ConnectionClosed, TimeoutError) as error:
        return False, f"{type(error).__name__}: {error}"
    return isinstance(frame, protocol.Welcome), f"101, then {frame.type}"


SCENARIO = Scenario("websocket", "does it offer WebSocket", 10, run)
