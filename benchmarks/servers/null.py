"""The null server: sends every message on at once, and does nothing else.

What the generator measures against it is the generator's own doing: the floor of its
latencies and the ceiling of its rates. It is also the peer on the `websockets` library,
and it commits, on demand, the faults that the harness must see; the tests use those.
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
"""Where the null server finds who its users are; it has no database."""

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
    """Return the null server's argument list; it has no TLS."""
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
    """What goes wrong, and at which message of the server's life; at all later ones if it lasts."""

    kind: str = "none"
    at: int = 20
    lasts: bool = False
    stall_seconds: float = 0.5
    late_seconds: float = 3.0
    clock_back_seconds: float = 3600.0

    def befalls(self, message: int) -> bool:
        """Return whether a message, counted from 1, meets with it."""
        return message == self.at or (self.lasts and message > self.at)


class NullServer:
    """Rooms of sockets, in memory."""

    def __init__(self, crowd: list[Member], fault: Fault) -> None:
        self._chat = BareChat(crowd, self._wall_clock_ns)
        self._rooms: dict[int, set[ServerConnection]] = defaultdict(set)
        self._fault = fault
        self._messages = 0
        self._held: dict[ServerConnection, str] = {}

    def _wall_clock_ns(self) -> int:
        """Return the time that messages are stamped with: from the fault on, an hour less."""
        is_back = self._fault.kind == "clock-back" and self._messages >= self._fault.at
        return time.time_ns() - round(self._fault.clock_back_seconds * 1e9 * is_back)

    def answer(self, _socket: ServerConnection, request: Request) -> Response | None:
        """Answer the readiness check; let everything else become a socket."""
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
                await self._serve(socket, guest, text)
        finally:
            self._rooms[guest.room].discard(socket)

    async def _serve(self, socket: ServerConnection, guest: Guest, text: str | bytes) -> None:
        reply = self._chat.take(guest, text)
        self._messages += reply.is_message
        faulty = reply.is_message and self._fault.befalls(self._messages)
        if faulty and self._fault.kind == "stall":
            time.sleep(self._fault.stall_seconds)  # noqa: ASYNC251 - the fault itself
        if reply.to_room:
            others = self._rooms[guest.room] - {socket} if faulty else ()
            self._broadcast(guest.room, reply.to_room, socket, next(iter(others), None))
        if reply.to_sender and not (faulty and self._fault.kind == "unacknowledged"):
            await socket.send(reply.to_sender)

    def _broadcast(
        self, room: int, text: str, sender: ServerConnection, victim: ServerConnection | None
    ) -> None:
        """Write to every socket of the room; the fault, if one is due, happens to the victim.

        The victim is never the sender, whose own copy nobody measures; for the same reason
        what was held back is not let go behind the victim's own next message.
        """
        for socket in self._rooms[room]:
            if victim and socket is not sender and self._fault.kind in {"late", "sender-only"}:
                self._withhold(socket, text)
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

    def _withhold(self, socket: ServerConnection, text: str) -> None:
        """Write to one of the others much later, or never."""
        if self._fault.kind == "late":
            loop = asyncio.get_running_loop()
            loop.call_later(self._fault.late_seconds, self._write, socket, text)

    def _write(self, socket: ServerConnection, *texts: str) -> None:
        if socket.state is not State.OPEN:
            return  # it is closing, and its handler has yet to notice
        for text in texts:
            socket.protocol.send_text(text.encode())
        for data in socket.protocol.data_to_send():
            socket.transport.write(data)


async def run(host: str, port: int, crowd: list[Member], fault: Fault) -> None:
    """Serve until cancelled; prints the port once it listens."""
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
    """Run the null server by itself."""
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
