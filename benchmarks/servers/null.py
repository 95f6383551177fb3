"""The null server: it broadcasts every message at once, and does nothing else.

Measurements against it show the limits of the generator: its lowest latencies and its highest
rates. It is also the peer on the `websockets` library. For tests, it injects faults that the
benchmark must detect.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.protocol import State

from benchmarks.generator.members import Member, read_crowd
from benchmarks.servers.bare import BareChat, Guest
from benchmarks.servers.base import Part, Server
from reference_app.serving.commands import Certificate

CROWD_VARIABLE = "FAWRAN_BENCH_CROWD"
"""The environment variable with the path of the crowd's file, because the null server has no
database."""

FAULTS = (
    "none",
    "stall",
    "drop",
    "duplicate",
    "reorder",
    "unacknowledged",
    "late",
    "sender-only",
    "clock-back",
)


def command(host: str, port: int, _tls: Certificate | None = None) -> list[str]:
    """Return the null server's argument list; it does not support TLS."""
    module = "benchmarks.servers.null"
    return [sys.executable, "-m", module, "--host", host, "--port", str(port)]


SERVER = Server(
    name="null",
    summary="no application, a bare broadcast on websockets: the floor of the harness",
    transport="websocket",
    parts=(Part(command),),
    needs_redis=False,
    role="bare",
)


@dataclass(frozen=True)
class Fault:
    """A fault to inject: its kind, and the message at which it occurs.

    Messages are counted from the start of the server. If it ``lasts``, the fault occurs at all
    later messages too.
    """

    kind: str = "none"
    at: int = 20
    lasts: bool = False
    stall_seconds: float = 0.5
    late_seconds: float = 3.0
    clock_back_seconds: float = 3600.0

    def occurs_at(self, message: int) -> bool:
        """Return whether the fault occurs at a message, counted from 1."""
        return message == self.at or (self.lasts and message > self.at)


class NullServer:
    """The server's state: the sockets of each room, in memory, and the fault to inject."""

    def __init__(self, crowd: list[Member], fault: Fault) -> None:
        self._chat = BareChat(crowd, self._wall_clock_ns)
        self._rooms: dict[int, set[ServerConnection]] = defaultdict(set)
        self._fault = fault
        self._messages = 0
        self._held: dict[ServerConnection, str] = {}

    def _wall_clock_ns(self) -> int:
        """Return the time stamp for a message: an hour back after the fault "clock-back"."""
        is_back = self._fault.kind == "clock-back" and self._messages >= self._fault.at
        return time.time_ns() - round(self._fault.clock_back_seconds * 1e9 * is_back)

    def answer(self, _socket: ServerConnection, request: Request) -> Response | None:
        """Answer the readiness check; return None for other requests, which open a socket."""
        if request.path == "/healthz":
            return Response(HTTPStatus.OK, "OK", Headers({"Content-Length": "0"}), b"")
        return None

    async def handle(self, socket: ServerConnection) -> None:
        """Serve one socket until it closes."""
        assert socket.request is not None
        guest = self._chat.enter(socket.request.headers["Cookie"])
        self._rooms[guest.room].add(socket)
        await socket.send(self._chat.welcome(guest))
        try:
            async for text in socket:
                await self._process(socket, guest, text)
        finally:
            self._rooms[guest.room].discard(socket)

    async def _process(self, socket: ServerConnection, guest: Guest, text: str | bytes) -> None:
        """Send the replies to a frame, with the fault if it occurs now."""
        reply = self._chat.take(guest, text)
        self._messages += reply.is_message
        is_faulty = reply.is_message and self._fault.occurs_at(self._messages)
        if is_faulty and self._fault.kind == "stall":
            time.sleep(self._fault.stall_seconds)  # noqa: ASYNC251 - the fault itself
        if reply.to_room:
            others = self._rooms[guest.room] - {socket} if is_faulty else ()
            self._broadcast(guest.room, reply.to_room, socket, next(iter(others), None))
        if reply.to_sender and not (is_faulty and self._fault.kind == "unacknowledged"):
            await socket.send(reply.to_sender)

    def _broadcast(
        self, room: int, text: str, sender: ServerConnection, victim: ServerConnection | None
    ) -> None:
        """Write to every socket of the room, with the fault if there is a victim.

        The faults "late" and "sender-only" affect all sockets except the sender's. The faults
        "drop", "reorder" and "duplicate" affect only the victim's. The victim is never the
        sender, because the sender's own copy is not measured. For the same reason a message
        that was held back is not sent after a message of the victim itself.
        """
        for socket in self._rooms[room]:
            if victim and socket is not sender and self._fault.kind in {"late", "sender-only"}:
                self._delay_or_drop(socket, text)
                continue
            held = None if socket is sender else self._held.pop(socket, None)
            match self._fault.kind if socket is victim else "none":
                case "drop":
                    pass
                case "reorder":
                    self._held[socket] = text
                case "duplicate":
                    self._write(socket, text, text)
                case _:
                    self._write(socket, text)
            if held is not None:
                self._write(socket, held)

    def _delay_or_drop(self, socket: ServerConnection, text: str) -> None:
        """Write to a socket much later (the fault "late"), or never ("sender-only")."""
        if self._fault.kind == "late":
            loop = asyncio.get_running_loop()
            loop.call_later(self._fault.late_seconds, self._write, socket, text)

    def _write(self, socket: ServerConnection, *texts: str) -> None:
        if socket.state is not State.OPEN:
            return  # it is closing, and its handler has not noticed yet
        for text in texts:
            socket.protocol.send_text(text.encode())
        for data in socket.protocol.data_to_send():
            socket.transport.write(data)


async def run(host: str, port: int, crowd: list[Member], fault: Fault) -> None:
    """Serve until cancelled; print the port when the server listens."""
    server = NullServer(crowd, fault)
    async with serve(
        server.handle,
        host,
        port,
        process_request=server.answer,
        compression=None,
        ping_interval=None,
    ) as listening:
        print(json.dumps({"port": listening.sockets[0].getsockname()[1]}), flush=True)
        await asyncio.get_running_loop().create_future()


def main() -> None:
    """Run the null server from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.servers.null")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--crowd", type=Path, default=os.environ.get(CROWD_VARIABLE))
    parser.add_argument("--fault", choices=FAULTS, default="none")
    parser.add_argument("--fault-at", type=int, default=Fault.at)
    parser.add_argument("--fault-lasts", action="store_true")
    options = parser.parse_args()
    crowd = read_crowd(options.crowd)
    fault = Fault(options.fault, options.fault_at, options.fault_lasts)
    asyncio.run(run(options.host, options.port, crowd, fault))


if __name__ == "__main__":
    main()
