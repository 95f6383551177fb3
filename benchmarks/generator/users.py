"""Users of the chat as programs: one holds a WebSocket, one polls.

Both keep to the page's rules (inbox.py) and note in the log when they send and when
something arrives. Bytes in, bytes out: what is read is a frame of the protocol module.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import ssl
import time
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

import aiohttp
from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.generator.inbox import Inbox
from benchmarks.generator.log import Log, Sent, client_id_of, ref_of
from benchmarks.generator.members import Member
from reference_app.chat import protocol

CONNECT_TIMEOUT = 30
REQUEST_TIMEOUT = 10
COME_BACK_AFTER = (0.1, 0.6)
"""Seconds after which a page whose socket was lost opens another: the first of its back-offs."""

COME_BACK_AT_LEAST_EVERY = 30.0
"""Seconds that its back-offs grow to, at most."""

POLL_EVERY = (2.0, 5.0)
"""Seconds between two polls, drawn uniformly: the document's "2 to 5 s"."""


Security = Literal["plain", "verified", "unverified"]
"""Whether a place is reached by TLS, and whether its certificate has to be an authority's."""


@dataclass(frozen=True)
class Place:
    """Where the server under test is reached."""

    host: str
    ports: tuple[int, ...]
    security: Security = "plain"

    @property
    def port(self) -> int:
        """The port of its first process."""
        return self.ports[0]

    @property
    def http(self) -> str:
        """Its address for requests, as a browser writes it."""
        scheme, usual = ("http", 80) if self.security == "plain" else ("https", 443)
        port = "" if self.port == usual else f":{self.port}"
        return f"{scheme}://{self.host}{port}"

    @property
    def context(self) -> ssl.SSLContext | None:
        """How TLS is spoken to it, if it is."""
        return None if self.security == "plain" else _context(self.security)

    def websocket(self, turn: int, path: str = "/ws/chat/") -> str:
        """Return an address for sockets: of its processes, the one whose turn it is."""
        scheme = "ws" if self.security == "plain" else "wss"
        return f"{scheme}://{self.host}:{self.ports[turn % len(self.ports)]}{path}"


@cache
def _context(security: Security) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if security == "unverified":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class User(Protocol):
    """Somebody in the chat."""

    member: Member

    async def connect(self) -> None:
        """Be there: what is sent from now on reaches this user."""

    async def disconnect(self) -> None:
        """Leave."""

    async def send(self, sent: Sent) -> None:
        """Write a message."""

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Say that one types, or has stopped."""


class WebSocketUser:
    """A page with a socket: everything comes as it happens."""

    def __init__(self, member: Member, place: Place, log: Log) -> None:
        self.member = member
        self._place = place
        self._log = log
        self._inbox = Inbox()
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._returning: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._syncing = False
        self._leaving = False
        self._turn = member.id
        self._unacknowledged: dict[int, protocol.SendFrame] = {}

    async def connect(self) -> None:
        """Open the socket and wait for the first sync."""
        await self._connect()

    async def _connect(self) -> bool:
        """Connect; return whether that went well."""
        self._ready.clear()
        self._syncing = False
        start = time.monotonic_ns()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                self._socket = await connect(
                    self._place.websocket(self._turn),
                    additional_headers={"Cookie": self.member.cookie},
                    origin=self._place.http,  # type: ignore[arg-type]
                    ssl=self._place.context,
                    compression=None,
                    ping_interval=None,
                    proxy=None,
                    max_size=None,
                )
                self._reader = asyncio.create_task(self._read(self._socket))
                await self._caught_up(self._reader)
        except (OSError, InvalidHandshake, TimeoutError, ConnectionClosed) as error:
            self._log.done("connect", start, ok=False, detail=type(error).__name__)
            return False
        self._log.done("connect", start)
        return True

    async def _caught_up(self, reader: asyncio.Task[None]) -> None:
        """Wait for the first answer to ``sync``.

        Raises:
            ConnectionResetError: the server closed the socket first. A page would notice,
                too, and not wait for an answer that cannot come.
        """
        ready = asyncio.create_task(self._ready.wait())
        try:
            await asyncio.wait((ready, reader), return_when=asyncio.FIRST_COMPLETED)
        finally:
            ready.cancel()
        if not self._ready.is_set():
            raise ConnectionResetError("closed before it was caught up")

    async def disconnect(self) -> None:
        """Close the socket."""
        self._leaving = True
        if self._socket:
            await self._socket.close()
        tasks = [task for task in (self._reader, self._returning) if task]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def send(self, sent: Sent) -> None:
        """Write a message; the acknowledgement is noted when it comes.

        Until then it is written again on every new socket, as the page does.
        """
        frame = protocol.SendFrame(
            client_id=client_id_of(sent.ref), conversation=sent.conversation, text=text_of(sent)
        )
        self._unacknowledged[sent.ref] = frame
        await self._write("send", sent, frame)

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Say that one types, or has stopped."""
        await self._write(
            "typing", sent, protocol.TypingFrame(conversation=sent.conversation, active=active)
        )

    async def _write(self, kind: str, sent: Sent, frame: protocol.ClientFrame) -> None:
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
        with contextlib.suppress(ConnectionClosed):
            async for text in socket:
                await self._take(text, time.monotonic_ns(), socket)
        if not self._leaving:
            closed = f"closed {socket.close_code}"
            self._log.done("socket", time.monotonic_ns(), ok=False, detail=closed)
            if self._socket is socket:
                self._socket = None
            if self._returning is None or self._returning.done():
                hint = protocol.retry_after(socket.close_reason or "")
                self._returning = asyncio.create_task(self._return(hint))

    async def _return(self, hint_ms: int | None) -> None:
        """Come back as a page does: when the server said, or after a moment of one's own.

        A balancer would send it to another process; here it goes to one by itself.
        """
        lost = time.monotonic_ns()
        jitter = random.uniform(*COME_BACK_AFTER)  # noqa: S311 - jitter
        await asyncio.sleep(jitter if hint_ms is None else hint_ms / 1000)
        for attempt in itertools.count(1):
            # Any of the others: one that is told of by all would be given everybody.
            self._turn += random.randrange(1, max(2, len(self._place.ports)))  # noqa: S311
            if self._leaving:
                return
            if await self._connect():
                self._log.done("return", lost)
                return
            longest = min(COME_BACK_AFTER[1] * 2**attempt, COME_BACK_AT_LEAST_EVERY)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - jitter

    async def _take(  # noqa: C901 - one line for each frame there is
        self, text: str | bytes, now: int, socket: ClientConnection
    ) -> None:
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
                note_ack(self._log, frame, now)
                self._unacknowledged.pop(ref_of(frame.client_id), None)
            case protocol.Changes():
                self._syncing = False
                note_events(self._log, self._inbox.catch_up(frame), self.member.id, now)
                if not self._ready.is_set():
                    self._ready.set()
                    for waiting in list(self._unacknowledged.values()):
                        await socket.send(waiting.model_dump_json())
            case protocol.Welcome():
                await self._sync(socket)
            case protocol.Heads():
                if self._inbox.is_behind(frame):
                    await self._sync(socket)
            case protocol.Failure():
                self._log.done("frame", now, ok=False, detail=frame.code.value)

    async def _sync(self, socket: ClientConnection) -> None:
        if self._syncing:
            return
        self._syncing = True
        await socket.send(protocol.SyncFrame(cursor=self._inbox.cursor).model_dump_json())


class PollingUser:
    """A page that asks every few seconds what is new."""

    def __init__(
        self, member: Member, place: Place, log: Log, http: aiohttp.ClientSession, seed: int
    ) -> None:
        self.member = member
        self._place = place
        self._log = log
        self._http = http
        self._inbox = Inbox()
        self._random = random.Random(seed)  # noqa: S311 - a schedule, not a secret
        self._poller: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Load the state, then poll on."""
        await self._poll("connect")
        self._poller = asyncio.create_task(self._poll_on())

    async def disconnect(self) -> None:
        """Stop polling."""
        if self._poller:
            self._poller.cancel()
            await asyncio.gather(self._poller, return_exceptions=True)

    async def send(self, sent: Sent) -> None:
        """Write a message; its answer is the acknowledgement."""
        sent.sent_ns = time.monotonic_ns()
        body = protocol.Compose(client_id=client_id_of(sent.ref), text=text_of(sent))
        answer = await self._request(
            "send", "POST", f"/api/conversations/{sent.conversation}/messages", body
        )
        if answer is not None:
            note_ack(self._log, protocol.Ack.model_validate_json(answer), time.monotonic_ns())

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Say that one types, or has stopped."""
        sent.sent_ns = time.monotonic_ns()
        await self._request(
            "typing",
            "POST",
            f"/api/conversations/{sent.conversation}/typing",
            protocol.TypingNotice(active=active),
        )

    async def _poll_on(self) -> None:
        # People open their pages at any time: the first poll falls anywhere in an interval.
        await asyncio.sleep(self._random.uniform(0, POLL_EVERY[1]))
        while True:
            await self._poll("poll")
            await asyncio.sleep(self._random.uniform(*POLL_EVERY))

    async def _poll(self, kind: str) -> None:
        query = f"?cursor={self._inbox.cursor}&watching={self.member.room}"
        answer = await self._request(kind, "GET", f"/api/sync{query}")
        now = time.monotonic_ns()
        if answer is None:
            return
        changes = protocol.Changes.model_validate_json(answer)
        note_events(self._log, self._inbox.catch_up(changes), self.member.id, now)
        for typing in changes.typing:
            self._log.typing_arrived(
                typing.conversation, typing.person.id, self.member.id, now, "sync"
            )

    async def _request(
        self, kind: str, method: str, path: str, body: protocol.Inbound | None = None
    ) -> bytes | None:
        headers = {"Cookie": self.member.cookie}
        if body is not None:
            headers |= {
                "X-CSRFToken": self.member.csrf,
                "Content-Type": "application/json",
                "Origin": self._place.http,
            }
        start = time.monotonic_ns()
        try:
            async with self._http.request(
                method,
                self._place.http + path,
                headers=headers,
                data=body.model_dump_json() if body else None,
                ssl=self._place.context or True,
            ) as response:
                content = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            self._log.done(kind, start, ok=False, detail=type(error).__name__)
            return None
        ok = 200 <= response.status < 300
        self._log.done(kind, start, ok=ok, detail="" if ok else f"HTTP {response.status}")
        return content if ok else None


def text_of(sent: Sent) -> str:
    """Return the text of a message: about as long as people's are."""
    return f"message {sent.ref} from {sent.sender}: " + "see you at the usual place. " * 2


def note_ack(log: Log, ack: protocol.Ack, now: int) -> None:
    """Note when a message's sender learned that it is stored."""
    sent = log.sent.get(ref_of(ack.client_id))
    if sent is not None:
        sent.acked_ns = now
        sent.seq = ack.seq


def note_events(log: Log, events: list[protocol.Event], member: int, now: int) -> None:
    """Note the messages of others among events that came by ``sync``."""
    for event in events:
        if isinstance(event, protocol.MessageEvent) and event.actor.id != member:
            log.arrived(event.client_id, member, now, "sync")
