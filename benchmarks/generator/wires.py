"""How the chat's frames travel: as they are, or in the packets of Socket.IO. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from benchmarks.servers.base import Client


class Wire(Protocol):
    """One way of carrying the chat's frames over a WebSocket."""

    path: str

    def wrap(self, frame: bytes) -> bytes:
        """Return what carries a frame."""

    def unwrap(self, packet: bytes) -> bytes | None:
        """Return the frame that a packet carries, or None if it is the wire's own."""

    def answer(self, packet: bytes) -> bytes | None:
        """Return what the wire itself wants answered to a packet, or None."""


class ChatWire:
    """The chat's own: a frame is a WebSocket message."""

    path = "/ws/chat/"

    def wrap(self, frame: bytes) -> bytes:
        """Return the frame."""
        return frame

    def unwrap(self, packet: bytes) -> bytes | None:
        """Return the packet."""
        return packet

    def answer(self, _packet: bytes) -> bytes | None:
        """Return None: there is nothing but frames."""
        return None


class SocketIoWire:
    """Socket.IO 5 in Engine.IO 4, over WebSocket only; a frame is the event ``frame``.

    Source: the protocols' documents in the repository of Socket.IO, docs/engine.io-protocol
    and docs/socket.io-protocol. A packet begins with Engine.IO's type (0 open, 2 ping,
    3 pong, 4 message) and, in a message, Socket.IO's (0 connect, 2 event).
    """

    path = "/socket.io/?EIO=4&transport=websocket"
    _EVENT = b'42["frame",'

    def wrap(self, frame: bytes) -> bytes:
        """Return the event that carries a frame."""
        return self._EVENT + frame + b"]"

    def unwrap(self, packet: bytes) -> bytes | None:
        """Return the frame of an event, or None for any other packet."""
        return packet[len(self._EVENT) : -1] if packet.startswith(self._EVENT) else None

    def answer(self, packet: bytes) -> bytes | None:
        """Ask for the default namespace once the connection is open; answer pings."""
        if packet.startswith(b"0{"):
            return b"40"
        return b"3" if packet == b"2" else None


WIRES: Mapping[Client, Wire] = {"picows": ChatWire(), "socket.io": SocketIoWire()}
"""The wires that picows users speak, by the name of the client that does."""
