"""A user whose socket receives more than a page would: one of many in one busy room.

It uses the library picows, because the receiving side must not be the bottleneck. Every
recipient of a message gets the same bytes. So only the first copy is parsed and validated in
full; the others are recognised because they are equal to it. Such a user never requests
``sync``, and does not reconnect when the server closes the socket. So every message that was not
pushed counts as lost, and every closed socket is recorded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic_ns

from picows import (
    WSCloseCode,
    WSError,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    ws_connect,
)
from pydantic import ValidationError

from benchmarks.generator.log import Sent, client_id_of, ref_of
from benchmarks.generator.members import Member
from benchmarks.generator.users import CONNECT_TIMEOUT, UserContext, record_ack, text_of
from benchmarks.generator.wires import Wire
from reference_app import protocol

Copies = dict[bytes, tuple[int, int]]
"""The received messages by their bytes: ref and sender. All users of a generator share it."""


class PicowsUser(WSListener):
    """A chat user with a picows socket."""

    def __init__(self, member: Member, context: UserContext, wire: Wire, copies: Copies) -> None:
        self.member = member
        self._id = member.id
        self._place = context.place
        self._log = context.log
        self._record_arrival = context.log.received.add
        self._wire = wire
        self._copies = copies
        self._transport: WSTransport | None = None
        self._welcomed = asyncio.Event()
        self.when_acknowledged: Callable[[PicowsUser], None] | None = None
        self._leaving = False

    async def connect(self) -> None:
        """Open the socket and wait for the welcome; from then on the user receives messages."""
        start = monotonic_ns()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await ws_connect(
                    lambda: self,
                    self._place.websocket(self._id, self._wire.path),
                    ssl_context=self._place.context,
                    extra_headers={
                        "Cookie": self.member.cookie,
                        "Origin": self._place.socket_origin(self._id),
                    },
                    websocket_handshake_timeout=None,
                )
                await self._welcomed.wait()
                if self._transport is None:
                    raise ConnectionResetError("closed before it was welcome")
        except (OSError, WSError, TimeoutError) as error:
            self._log.done("connect", start, ok=False, detail=type(error).__name__)
        else:
            self._log.done("connect", start)

    async def disconnect(self) -> None:
        """Close the socket."""
        self._leaving = True
        if self._transport:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()
            await self._transport.wait_disconnected()

    async def send(self, sent: Sent) -> None:
        """Send a message; its acknowledgement is recorded when it arrives."""
        frame = protocol.SendFrame(
            client_id=client_id_of(sent.ref), conversation=sent.conversation, text=text_of(sent)
        )
        self._write("send", sent, frame)

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Send a notice that the user types, or has stopped typing."""
        frame = protocol.TypingFrame(conversation=sent.conversation, active=active)
        self._write("typing", sent, frame)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Store the transport for writing."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Record a copy of a known message at once; parse every other frame."""
        now = monotonic_ns()
        packet = frame.get_payload_as_bytes()
        copy = self._copies.get(packet)
        if copy is None:
            self._handle_new(transport, frame, packet, now)
        elif copy[1] != self._id:
            self._record_arrival(copy[0], self._id, now, "push")

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Record a socket that was closed by the server."""
        self._transport = None
        self._welcomed.set()  # No welcome can arrive any more: end the wait in connect().
        if not self._leaving:
            handshake = transport.close_handshake
            received = handshake.recv if handshake else None
            closed = f"closed {received.code.value}" if received else "closed"
            self._log.done("socket", monotonic_ns(), ok=False, detail=closed)

    def _write(self, kind: str, sent: Sent, frame: protocol.ClientFrame) -> None:
        sent.sent_ns = monotonic_ns()
        if self._transport is None:
            self._log.done(kind, sent.sent_ns, ok=False, detail="not connected")
            return
        self._transport.send(WSMsgType.TEXT, self._wire.wrap(frame.model_dump_json().encode()))
        self._log.done(kind, sent.sent_ns)

    def _handle_new(self, transport: WSTransport, frame: WSFrame, packet: bytes, now: int) -> None:
        """Handle a frame that is not a copy of a known message."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
        if frame.msg_type != WSMsgType.TEXT:
            return
        answer = self._wire.answer(packet)
        if answer is not None:
            transport.send(WSMsgType.TEXT, answer)
        text = self._wire.unwrap(packet)
        if text is not None:
            self._handle_text(text, packet, now)

    def _handle_text(self, text: bytes, packet: bytes, now: int) -> None:
        try:
            frame = protocol.server_frames.validate_json(text)
        except ValidationError:
            self._log.done("frame", now, ok=False, detail="not of the protocol")
            return
        match frame:
            case protocol.MessageEvent():
                self._copies[packet] = (ref_of(frame.client_id), frame.actor.id)
                if frame.actor.id != self._id:
                    self._record_arrival(ref_of(frame.client_id), self._id, now, "push")
            case protocol.Ack():
                record_ack(self._log, frame, now)
                if self.when_acknowledged:
                    self.when_acknowledged(self)
            case protocol.Welcome():
                self._welcomed.set()
            case protocol.Failure():
                self._log.done("frame", now, ok=False, detail=frame.code.value)
