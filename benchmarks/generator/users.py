"""The parts that users of every transport share: the server's address and the user interface.

The users themselves are in ``benchmarks/transports``. Those that receive more than a page would
are in picows.py. They read and write bytes, which are frames of the protocol module.
"""

from __future__ import annotations

import random
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
"""The recorded kind of a long poll, which the server holds until there is something new."""

Security = Literal["plain", "verified", "unverified"]
"""Whether the server uses TLS, and whether its certificate is verified."""


@dataclass(frozen=True)
class Place:
    """The address of the server under test.

    ``ports`` are those of the processes that answer requests. ``socket_ports`` are those of the
    processes that serve the sockets, if these are separate; otherwise ``ports`` serve them too.
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
        """The origin of the first process, as a browser writes it."""
        return self.http_at(0)

    @property
    def http_addresses(self) -> list[str]:
        """The origins of all processes that answer requests."""
        return [self.http_at(turn) for turn in range(len(self.ports))]

    @property
    def context(self) -> ssl.SSLContext | None:
        """The TLS context for connections to the server; None without TLS."""
        return None if self.security == "plain" else _make_context(self.security)

    def http_at(self, turn: int) -> str:
        """Return the origin of one process for requests; ``turn`` selects it (round robin)."""
        scheme, usual = ("http", 80) if self.security == "plain" else ("https", 443)
        port = self.ports[turn % len(self.ports)]
        return f"{scheme}://{self.host}{'' if port == usual else f':{port}'}"

    def websocket(self, turn: int, path: str = "/ws/chat/") -> str:
        """Return the URL of one process for sockets; ``turn`` selects it (round robin)."""
        scheme = "ws" if self.security == "plain" else "wss"
        ports = self._ports_of_sockets
        return f"{scheme}://{self.host}:{ports[turn % len(ports)]}{path}"

    def socket_origin(self, turn: int) -> str:
        """Return the origin of a page that was loaded from the process of a socket."""
        return self.websocket(turn, path="").replace("ws", "http", 1)

    def random_other_turn(self, turn: int) -> int:
        """Return a turn that selects another process for sockets; the same if there is only one.

        It is random: otherwise all users of one process could move to the same other one.
        """
        others = max(1, len(self._ports_of_sockets) - 1)
        return turn + 1 + random.randrange(others)  # noqa: S311 - spreads load, guards no secret

    @property
    def _ports_of_sockets(self) -> tuple[int, ...]:
        return self.socket_ports or self.ports


@cache
def _make_context(security: Security) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if security == "unverified":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class User(Protocol):
    """The interface of a simulated chat user."""

    member: Member

    async def connect(self) -> None:
        """Connect, so that this user receives every message that is sent from now on."""

    async def disconnect(self) -> None:
        """Disconnect."""

    async def send(self, sent: Sent) -> None:
        """Send a message."""

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Send a notice that the user types, or has stopped typing."""


class Requests(Protocol):
    """The interface of the HTTP client of users (requests.py)."""

    async def request(
        self,
        member: Member,
        kind: str,
        method: str,
        path: str,
        body: protocol.Inbound | None = None,
        timeout_seconds: float = REQUEST_TIMEOUT,
    ) -> bytes | None:
        """Return the content of a 2xx answer, or None; record the result as ``kind``."""


@dataclass(frozen=True)
class UserContext:
    """The objects that a user needs: the server's address, the log and the HTTP client."""

    place: Place
    log: Log
    requests: Requests
    seed: int


async def send_by_post(context: UserContext, member: Member, sent: Sent) -> None:
    """Send a message by a POST request; the response is the acknowledgement."""
    sent.sent_ns = time.monotonic_ns()
    body = protocol.NewMessage(client_id=client_id_of(sent.ref), text=text_of(sent))
    path = f"/api/conversations/{sent.conversation}/messages"
    answer = await context.requests.request(member, "send", "POST", path, body)
    if answer is not None:
        record_ack(context.log, protocol.Ack.model_validate_json(answer), time.monotonic_ns())


async def type_by_post(context: UserContext, member: Member, sent: Sent, *, active: bool) -> None:
    """Send by a POST request a notice that the user types, or has stopped typing."""
    sent.sent_ns = time.monotonic_ns()
    path = f"/api/conversations/{sent.conversation}/typing"
    await context.requests.request(
        member, "typing", "POST", path, protocol.TypingNotice(active=active)
    )


def text_of(sent: Sent) -> str:
    """Return the text of a message, about as long as a message of a person."""
    return f"message {sent.ref} from {sent.sender}: " + "see you at the usual place. " * 2


def record_ack(log: Log, ack: protocol.Ack, now: int) -> None:
    """Record when the sender of a message received its acknowledgement."""
    sent = log.sent.get(ref_of(ack.client_id))
    if sent is not None:
        sent.acked_ns = now
        sent.seq = ack.seq


def record_events(
    log: Log, events: Sequence[protocol.Event], member: int, now: int, via: str
) -> None:
    """Record the arrival of other users' messages among the events of a response."""
    for event in events:
        if isinstance(event, protocol.MessageEvent) and event.actor.id != member:
            log.arrived(event.client_id, member, now, via)
