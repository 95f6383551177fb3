"""The WebSocket: a page keeps a socket open, and the server pushes every event at once."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import time

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from benchmarks.generator.inbox import Inbox
from benchmarks.generator.log import Sent, client_id_of, ref_of
from benchmarks.generator.members import Member
from benchmarks.generator.users import (
    CONNECT_TIMEOUT,
    UserContext,
    record_ack,
    record_events,
    text_of,
)
from benchmarks.transports.base import Transport
from reference_app import protocol

FIRST_BACKOFF_SECONDS = (0.1, 0.6)
"""Range of the seconds after which a page reconnects when its socket was closed: its first
back-off."""

LONGEST_BACKOFF_SECONDS = 30.0
"""Longest back-off in seconds."""


class WebSocketUser:
    """A page with a WebSocket, which reconnects when the socket is closed."""

    def __init__(self, member: Member, context: UserContext) -> None:
        self.member = member
        self._place = context.place
        self._log = context.log
        self._inbox = Inbox()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._reconnecting: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._is_syncing = False
        self._is_leaving = False
        self._turn = member.id
        self._unacknowledged: dict[int, protocol.SendFrame] = {}

    async def connect(self) -> None:
        """Open the socket and wait for the first sync."""
        await self._connect()

    async def _connect(self) -> bool:
        """Open a socket and wait for the first sync; return whether that succeeded."""
        self._ready.clear()
        self._is_syncing = False
        start = time.monotonic_ns()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                self._socket = await connect(
                    self._place.websocket(self._turn),
                    additional_headers={"Cookie": self.member.cookie},
                    origin=Origin(self._place.socket_origin(self._turn)),
                    ssl=self._place.context,
                    compression=None,
                    ping_interval=None,
                    proxy=None,
                    max_size=None,
                )
                self._reader = asyncio.create_task(self._read(self._socket))
                await self._wait_for_sync(self._reader)
        except (OSError, InvalidHandshake, TimeoutError, ConnectionClosed) as error:
            self._log.done("connect", start, ok=False, detail=type(error).__name__)
            return False
        self._log.done("connect", start)
        return True

    async def _wait_for_sync(self, reader: asyncio.Task[None]) -> None:
        """Wait for the first answer to ``sync``.

        Raises:
            ConnectionResetError: the server closed the socket first. A page notices this too,
                and does not wait for an answer that cannot come.
        """
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait((ready, reader), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if not self._ready.is_set():
            raise ConnectionResetError("closed before it was caught up")

    async def disconnect(self) -> None:
        """Close the socket, and stop reconnecting."""
        self._is_leaving = True
        if self._reconnecting:
            self._reconnecting.cancel()
            await asyncio.gather(self._reconnecting, return_exceptions=True)
        if self._socket:
            await self._socket.close()
        if self._reader:
            await asyncio.gather(self._reader, return_exceptions=True)

    async def send(self, sent: Sent) -> None:
        """Send a message; the acknowledgement is recorded when it arrives.

        Until then the message is sent again on every new socket, as the page does.
        """
        frame = protocol.SendFrame(
            client_id=client_id_of(sent.ref), conversation=sent.conversation, text=text_of(sent)
        )
        self._unacknowledged[sent.ref] = frame
        await self._write("send", sent, frame)

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Send a notice that the user types, or has stopped."""
        await self._write(
            "typing", sent, protocol.TypingFrame(conversation=sent.conversation, active=active)
        )

    async def _write(self, kind: str, sent: Sent, frame: protocol.ClientFrame) -> None:
        """Write a frame to the socket, and record whether that succeeded."""
        sent.sent_ns = time.monotonic_ns()
        if self._socket is None:
            self._log.done(kind, sent.sent_ns, ok=False, detail="not connected")
            return
        try:
            await self._socket.send(frame.model_dump_json())
        except ConnectionClosed:
            self._log.done(kind, sent.sent_ns, ok=False, detail="closed")
        else:
            self._log.done(kind, sent.sent_ns)

    async def _read(self, socket: ClientConnection) -> None:
        """Process frames until the socket closes, then reconnect unless the user disconnects."""
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                await self._process(text, time.monotonic_ns(), socket)
        if not self._is_leaving:
            closed = f"closed {socket.close_code}"
            self._log.done("socket", time.monotonic_ns(), ok=False, detail=closed)
            if self._socket is socket:
                self._socket = None
            if self._reconnecting is None or self._reconnecting.done():
                hint = protocol.retry_after(socket.close_reason or "")
                self._reconnecting = asyncio.create_task(self._reconnect(hint))

    async def _reconnect(self, hint_ms: int | None) -> None:
        """Reconnect as a page does: after the server's hint, or after a random delay.

        In production a load balancer would choose another process. Here the user chooses it.
        """
        closed_ns = time.monotonic_ns()
        jitter = random.uniform(*FIRST_BACKOFF_SECONDS)  # noqa: S311 - jitter
        await asyncio.sleep(jitter if hint_ms is None else hint_ms / 1000)
        for attempt in itertools.count(1):
            self._turn = self._place.random_other_turn(self._turn)
            if self._is_leaving:
                return
            if await self._connect():
                self._log.done("return", closed_ns)
                return
            longest = min(FIRST_BACKOFF_SECONDS[1] * 2**attempt, LONGEST_BACKOFF_SECONDS)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter

    async def _process(  # noqa: C901 - one case for each kind of frame
        self, text: str | bytes, now: int, socket: ClientConnection
    ) -> None:
        """Process one frame from the server."""
        try:
            frame = protocol.server_frames.validate_json(text)
        except ValidationError:
            self._log.done("frame", now, ok=False, detail="not of the protocol")
            return
        match frame:
            case protocol.MessageEvent():
                if frame.actor.id != self.member.id:
                    self._log.arrived(frame.client_id, self.member.id, now, "push")
                if self._inbox.take(frame):
                    await self._sync(socket)
            case protocol.Durable():
                if self._inbox.take(frame):
                    await self._sync(socket)
            case protocol.Typing():
                if frame.active and frame.person.id != self.member.id:
                    self._log.typing_arrived(
                        frame.conversation, frame.person.id, self.member.id, now, "push"
                    )
            case protocol.Ack():
                record_ack(self._log, frame, now)
                self._unacknowledged.pop(ref_of(frame.client_id), None)
            case protocol.Changes():
                self._is_syncing = False
                record_events(self._log, self._inbox.catch_up(frame), self.member.id, now, "sync")
                if not self._ready.is_set():
                    self._ready.set()
                    for unacknowledged in list(self._unacknowledged.values()):
                        await socket.send(unacknowledged.model_dump_json())
            case protocol.Welcome():
                await self._sync(socket)
            case protocol.Heads():
                if self._inbox.is_behind(frame):
                    await self._sync(socket)
            case protocol.Failure():
                self._log.done("frame", now, ok=False, detail=frame.code.value)

    async def _sync(self, socket: ClientConnection) -> None:
        """Request the events that are missing, unless such a request is pending."""
        if self._is_syncing:
            return
        self._is_syncing = True
        await socket.send(protocol.SyncFrame(cursor=self._inbox.cursor).model_dump_json())


TRANSPORT = Transport(
    name="websocket",
    summary="WebSocket: the server pushes everything as it happens",
    longest_ms=0.0,
    user=WebSocketUser,
    setting="websocket",
)
