"""Wire formats for the chat's frames: unchanged, or in packets of Socket.IO. There is no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from benchmarks.servers.base import Client


class Wire(Protocol):
    """A format that transports the chat's frames over a WebSocket."""

    path: str

    def wrap(self, frame: bytes) -> bytes:
        """Return the packet that contains a frame."""

    def unwrap(self, packet: bytes) -> bytes | None:
        """Return the frame in a packet, or None if the packet belongs to the format itself."""

    def answer(self, packet: bytes) -> bytes | None:
        """Return the answer to a packet that the format itself requires, or None."""


class ChatWire:
    """The chat's own format: a frame is a WebSocket message."""

    path = "/ws/chat/"

    def wrap(self, frame: bytes) -> bytes:
        """Return the frame unchanged."""
        return frame

    def unwrap(self, packet: bytes) -> bytes | None:
        """Return the packet unchanged."""
        return packet

    def answer(self, _packet: bytes) -> bytes | None:
        """Return None, because all packets are frames."""
        return None


class SocketIoWire:
    """Socket.IO 5 in Engine.IO 4, over WebSocket only; a frame is the event ``frame``.

    Source: the protocol documents in the repository of Socket.IO, docs/engine.io-protocol and
    docs/socket.io-protocol. A packet begins with the type of Engine.IO (0 open, 2 ping, 3 pong,
    4 message). In a message, the type of Socket.IO follows (0 connect, 2 event).
    """

    path = "/socket.io/?EIO=4&transport=websocket"
    _EVENT = b'42["frame",'

    def wrap(self, frame: bytes) -> bytes:
        """Return the event that contains a frame."""
        return self._EVENT + frame + b"]"

    def unwrap(self, packet: bytes) -> bytes | None:
        """Return the frame of an event, or None for any other packet."""
        return packet[len(self._EVENT) : -1] if packet.startswith(self._EVENT) else None

    def answer(self, packet: bytes) -> bytes | None:
        """Return a request for the default namespace after an open packet, a pong after a ping."""
        if packet.startswith(b"0{"):
            return b"40"
        return b"3" if packet == b"2" else None


WIRES: Mapping[Client, Wire] = {"picows": ChatWire(), "socket.io": SocketIoWire()}
"""The wire formats of picows users, by the name of the client."""
