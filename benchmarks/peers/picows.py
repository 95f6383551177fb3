"""The peer on picows: a bare broadcast with the fastest WebSocket library for Python."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections import defaultdict
from pathlib import Path

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from benchmarks.generator.members import Member, read_crowd
from benchmarks.servers.bare import BareChat, Guest
from benchmarks.servers.base import Part, Server
from benchmarks.servers.null import CROWD_VARIABLE
from reference_app.serving.commands import Certificate


def command(host: str, port: int, _tls: Certificate | None = None) -> list[str]:
    """Return the peer's argument list; it does not support TLS."""
    return [sys.executable, "-m", "benchmarks.peers.picows", "--host", host, "--port", str(port)]


SERVER = Server(
    name="picows",
    summary="peer: a bare broadcast on picows, no application",
    transport="websocket",
    parts=(Part(command),),
    needs_redis=False,
    role="bare",
)

Rooms = dict[int, set[WSTransport]]


class PeerSocket(WSListener):
    """One member's socket."""

    def __init__(self, chat: BareChat, rooms: Rooms, guest: Guest) -> None:
        self._chat = chat
        self._guest = guest
        self._room = rooms[guest.room]

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Add the socket to its room, then send the welcome frame."""
        self._room.add(transport)
        transport.send(WSMsgType.TEXT, self._chat.welcome(self._guest).encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Send the replies to a frame: to the whole room, encoded once, and to the sender."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        if frame.msg_type != WSMsgType.TEXT:
            return
        reply = self._chat.take(self._guest, frame.get_payload_as_bytes())
        if reply.to_room:
            text = reply.to_room.encode()
            for one in self._room:
                one.send(WSMsgType.TEXT, text)
        if reply.to_sender:
            transport.send(WSMsgType.TEXT, reply.to_sender.encode())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Remove the socket from its room."""
        self._room.discard(transport)


async def run(host: str, port: int, crowd: list[Member]) -> None:
    """Serve until cancelled; print the port when the server listens."""
    chat, rooms = BareChat(crowd), defaultdict[int, set[WSTransport]](set)

    def accept(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        if request.path == b"/healthz":
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(), None)
        return PeerSocket(chat, rooms, chat.enter(request.headers["Cookie"]))

    server = await ws_create_server(accept, host, port)
    print(json.dumps({"port": server.sockets[0].getsockname()[1]}), flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run the peer from the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.picows")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--crowd", type=Path, default=os.environ.get(CROWD_VARIABLE))
    options = parser.parse_args()
    asyncio.run(run(options.host, options.port, read_crowd(options.crowd)))


if __name__ == "__main__":
    main()
