"""What users of every transport have in common: where the server is, what they can do.

The users themselves are in ``benchmarks/transports``, and in picows.py where there is more
to receive than a page would. Bytes in, bytes out: what is read is a frame of the protocol
module.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

from benchmarks.generator.log import Log, Sent, client_id_of, ref_of
from benchmarks.generator.members import Member
from reference_app import protocol

CONNECT_TIMEOUT = 30
REQUEST_TIMEOUT = 10
"""Seconds that a request may take before it counts as failed."""

HELD = "wait"
"""The kind that is recorded of a request that the server holds until something is new."""

Security = Literal["plain", "verified", "unverified"]
"""Whether a place is reached by TLS, and whether its certificate has to be an authority's."""


@dataclass(frozen=True)
class Place:
    """Where the server under test is reached.

    ``ports`` are those of the processes that answer requests. Their sockets are at
    ``socket_ports`` where other processes hold them, and at ``ports`` otherwise.
    """

    host: str
    ports: tuple[int, ...]
    security: Security = "plain"
    socket_ports: tuple[int, ...] = ()

    @property
    def port(self) -> int:
        """The port of the first process that answers requests."""
        return self.ports[0]

    @property
    def every_port(self) -> tuple[int, ...]:
        """The ports of all processes, in the order in which they are started."""
        return self.ports + self.socket_ports

    @property
    def http(self) -> str:
        """The address of its first process, as a browser writes it."""
        return self.http_at(0)

    @property
    def http_addresses(self) -> list[str]:
        """The addresses of all processes that answer requests."""
        return [self.http_at(turn) for turn in range(len(self.ports))]

    @property
    def context(self) -> ssl.SSLContext | None:
        """How TLS is spoken to it, if it is."""
        return None if self.security == "plain" else _context(self.security)

    def http_at(self, turn: int) -> str:
        """Return an address for requests: of its processes, the one whose turn it is."""
        scheme, usual = ("http", 80) if self.security == "plain" else ("https", 443)
        port = self.ports[turn % len(self.ports)]
        return f"{scheme}://{self.host}{'' if port == usual else f':{port}'}"

    def websocket(self, turn: int, path: str = "/ws/chat/") -> str:
        """Return an address for sockets: of its processes, the one whose turn it is."""
        scheme = "ws" if self.security == "plain" else "wss"
        ports = self.socket_ports or self.ports
        return f"{scheme}://{self.host}:{ports[turn % len(ports)]}{path}"


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


class Requests(Protocol):
    """Sends the requests of users (requests.py)."""

    async def request(
        self,
        member: Member,
        kind: str,
        method: str,
        path: str,
        body: protocol.Inbound | None = None,
        timeout_seconds: float = REQUEST_TIMEOUT,
    ) -> bytes | None:
        """Return the content of a good answer, or None; ``kind`` is what is recorded."""


@dataclass(frozen=True)
class UserContext:
    """What a user is made with: the server's place, the generator's log and connections."""

    place: Place
    log: Log
    requests: Requests
    seed: int


async def send_by_post(context: UserContext, member: Member, sent: Sent) -> None:
    """Write a message by a request; its answer is the acknowledgement."""
    sent.sent_ns = time.monotonic_ns()
    body = protocol.NewMessage(client_id=client_id_of(sent.ref), text=text_of(sent))
    path = f"/api/conversations/{sent.conversation}/messages"
    answer = await context.requests.request(member, "send", "POST", path, body)
    if answer is not None:
        record_ack(context.log, protocol.Ack.model_validate_json(answer), time.monotonic_ns())


async def type_by_post(context: UserContext, member: Member, sent: Sent, *, active: bool) -> None:
    """Say by a request that one types, or has stopped."""
    sent.sent_ns = time.monotonic_ns()
    path = f"/api/conversations/{sent.conversation}/typing"
    await context.requests.request(
        member, "typing", "POST", path, protocol.TypingNotice(active=active)
    )


def text_of(sent: Sent) -> str:
    """Return the text of a message: about as long as people's are."""
    return f"message {sent.ref} from {sent.sender}: " + "see you at the usual place. " * 2


def record_ack(log: Log, ack: protocol.Ack, now: int) -> None:
    """Record when a message's sender learned that it is stored."""
    sent = log.sent.get(ref_of(ack.client_id))
    if sent is not None:
        sent.acked_ns = now
        sent.seq = ack.seq


def record_events(
    log: Log, events: Sequence[protocol.Event], member: int, now: int, via: str
) -> None:
    """Record the messages of others among events that came in an answer."""
    for event in events:
        if isinstance(event, protocol.MessageEvent) and event.actor.id != member:
            log.arrived(event.client_id, member, now, via)
