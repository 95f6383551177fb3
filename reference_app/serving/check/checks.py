"""The checks of a site: one function each, whose docstring is the check's title."""

from __future__ import annotations

import asyncio
import re
import ssl
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import httpx
from cryptography import x509
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from reference_app import protocol
from reference_app.serving.check.person import CheckError, Person, Site, milliseconds

ROUNDS = 10
"""Messages whose latency is measured, in alternating directions."""

EXPIRES_SOON = 14
"""A certificate with fewer days left gets a warning."""


FORBIDDEN = httpx.codes.FORBIDDEN


class NotOffered(Exception):  # noqa: N818 - a result, not an error
    """The site does not offer this at all: a failure only if it was expected."""


@dataclass(frozen=True)
class Visit:
    """The data of a check: the site, its page's transport, two people and their conversation."""

    site: Site
    one: Person
    two: Person
    conversation: int
    transport: str


Check = Callable[[Visit], Awaitable[str]]
"""Returns a remark; raises CheckError or NotOffered."""


async def health(visit: Visit) -> str:
    """Health check."""
    async with visit.site.client() as http:
        answer = await http.get("/healthz")
    if answer.status_code != httpx.codes.OK:
        raise CheckError(f"/healthz answers {answer.status_code}.")
    return f"{answer.elapsed.total_seconds() * 1000:.0f} ms"


async def page(visit: Visit) -> str:
    """Page, its styles and scripts."""
    answer = await visit.one.http.get("/")
    static = re.findall(r'(?:src|href)="([^"]*/static/[^"]*)"', answer.text)
    for link in static:
        found = await visit.one.http.get(urljoin(visit.site.url, link))
        if found.status_code != httpx.codes.OK:
            raise CheckError(f"{link} answers {found.status_code}.")
    if not static:
        raise CheckError("The page names no styles and no scripts.")
    return f"{len(static)} static files; the page uses {visit.transport}"


async def headers(visit: Visit) -> str:
    """Security headers."""
    found = (await visit.one.http.get("/")).headers
    wanted = ["content-security-policy", "x-content-type-options", "x-frame-options"]
    if visit.site.is_tls and not visit.site.is_loopback:
        wanted.append("strict-transport-security")
    missing = [name for name in wanted if name not in found]
    if missing:
        raise CheckError(f"missing: {', '.join(missing)}.")
    return f"{len(wanted)} present"


async def session_cookie(visit: Visit) -> str:
    """Session cookie is out of scripts' and other sites' reach."""
    cookie = next(one for one in visit.one.http.cookies.jar if one.name == "sessionid")
    wanted = {
        "HttpOnly": cookie.has_nonstandard_attr("HttpOnly"),
        "SameSite": cookie.has_nonstandard_attr("SameSite"),
        # The demo keeps one cookie for both of its addresses.
        "Secure": cookie.secure or visit.site.is_loopback or not visit.site.is_tls,
    }
    missing = [name for name, is_set in wanted.items() if not is_set]
    if missing:
        raise CheckError(f"missing: {', '.join(missing)}.")
    return "HttpOnly, SameSite" + (", Secure" if cookie.secure else "")


async def signed_out(visit: Visit) -> str:
    """Strangers are kept out."""
    async with visit.site.client() as http:
        answer = await http.get("/api/sync")
    if answer.status_code != httpx.codes.UNAUTHORIZED:
        raise CheckError(f"/api/sync answers a stranger {answer.status_code}, not 401.")
    return "401"


async def websocket(visit: Visit) -> str:
    """WebSocket: messages both ways."""
    try:
        async with visit.one.socket() as left, visit.two.socket() as right:
            took = []
            for turn in range(ROUNDS):
                sender, receiver = (left, right) if turn % 2 else (right, left)
                frame = _message(visit)

                async def deliver() -> None:
                    await sender.send(frame)  # noqa: B023 - awaited in the same turn
                    await receiver.wait_for(  # noqa: B023
                        protocol.MessageEvent,
                        lambda event: event.client_id == frame.client_id,  # noqa: B023
                    )

                took.append(await milliseconds(deliver))
    except InvalidHandshake as error:
        raise _no_socket(error) from None
    return f"median {statistics.median(took):.1f} ms, slowest {max(took):.1f} ms"


async def websocket_origin(visit: Visit) -> str:
    """WebSocket: pages of other sites are refused."""
    try:
        async with visit.one.socket(origin="https://elsewhere.example"):
            pass
    except InvalidHandshake as error:
        if isinstance(error, InvalidStatus) and error.response.status_code == FORBIDDEN:
            return "403"
        raise _no_socket(error) from None
    raise CheckError("A page of another site may open a socket.")


async def websocket_typing(visit: Visit) -> str:
    """WebSocket: typing is seen."""
    try:
        async with visit.one.socket() as left, visit.two.socket() as right:

            async def show() -> None:
                await left.send(protocol.TypingFrame(conversation=visit.conversation, active=True))
                await right.wait_for(
                    protocol.Typing, lambda typing: typing.person.id == visit.one.me.id
                )

            took = await milliseconds(show)
            await left.send(protocol.TypingFrame(conversation=visit.conversation, active=False))
    except InvalidHandshake as error:
        raise _no_socket(error) from None
    return f"{took:.1f} ms"


async def websocket_again(visit: Visit) -> str:
    """WebSocket: sending again stores once."""
    try:
        async with visit.one.socket() as socket:
            frame = _message(visit)
            await socket.send(frame)
            first = await socket.wait_for(protocol.Ack)
            await socket.send(frame)
            second = await socket.wait_for(protocol.Ack)
    except InvalidHandshake as error:
        raise _no_socket(error) from None
    if (first.seq, first.id) != (second.seq, second.id) or not second.duplicate:
        raise CheckError("The same message was stored twice.")
    return f"seq {first.seq} both times"


async def websocket_catches_up(visit: Visit) -> str:
    """WebSocket: what was missed is brought on coming back."""
    try:
        async with visit.two.socket() as socket:
            await socket.send(protocol.SyncFrame())
            seen = await socket.wait_for(protocol.Changes)
        missed = [(await _post_message(visit)).seq for _ in range(3)]
        async with visit.two.socket() as socket:
            await socket.send(protocol.SyncFrame(cursor=seen.cursor))
            brought = await socket.wait_for(protocol.Changes)
    except InvalidHandshake as error:
        raise _no_socket(error) from None
    seqs = [event.seq for event in brought.events if event.conversation == visit.conversation]
    if seqs[-len(missed) :] != missed:
        raise CheckError(f"Of {len(missed)} messages that were missed, sync brings {seqs}.")
    return f"{len(missed)} messages, in order"


async def websocket_bad_frame(visit: Visit) -> str:
    """WebSocket: a bad frame is answered, the socket stays."""
    try:
        async with visit.one.socket() as socket:
            await socket.send_text("no JSON")
            refused = await socket.wait_for(protocol.Failure)
            await socket.send(protocol.SyncFrame())
            await socket.wait_for(protocol.Changes)
    except InvalidHandshake as error:
        raise _no_socket(error) from None
    except ConnectionClosed as error:
        raise CheckError(f"A bad frame closed the socket: {error}.") from None
    return refused.code.value


async def gap(visit: Visit) -> str:
    """Sync fills a gap, in order."""
    before = await _cursor(visit.two, visit.conversation)
    sent = [await _post_message(visit) for _ in range(3)]
    changes = await visit.two.get(f"/sync?cursor={before}", protocol.Changes)
    seqs = [
        event.seq
        for event in changes.events
        if event.conversation == visit.conversation and event.seq >= sent[0].seq
    ]
    if seqs != [ack.seq for ack in sent]:
        raise CheckError(f"Of {len(sent)} messages, sync brings {seqs}.")
    return f"{len(seqs)} events"


async def short_poll(visit: Visit) -> str:
    """Short poll brings a message."""
    before = await _cursor(visit.two, visit.conversation)
    ack = await _post_message(visit)
    start = time.perf_counter()
    changes = await visit.two.get(f"/sync?cursor={before}", protocol.Changes)
    took = (time.perf_counter() - start) * 1000
    if ack.seq not in {event.seq for event in changes.events}:
        raise CheckError("A poll did not bring the message that was stored before it.")
    return f"{took:.0f} ms a poll"


async def long_poll(visit: Visit) -> str:
    """Long poll returns when a message comes."""
    # A cursor of all conversations: the poll would return at once for one that it lacks.
    before = (await visit.two.get("/sync", protocol.Changes)).cursor
    path = f"/sync/wait?seconds=10&cursor={before}"
    waiting = asyncio.create_task(visit.two.get(path, protocol.Changes))
    await asyncio.sleep(0.5)
    start = time.perf_counter()
    ack = await _post_message(visit)
    changes = await waiting
    took = (time.perf_counter() - start) * 1000
    if ack.seq not in {event.seq for event in changes.events}:
        raise CheckError("A long poll ended without the message it waited for.")
    return f"{took:.0f} ms after it was sent"


async def poll_typing(visit: Visit) -> str:
    """Polling: typing is seen."""
    at = f"/conversations/{visit.conversation}/typing"
    await visit.one.post(at, protocol.TypingNotice(active=True))
    changes = await visit.two.get(f"/sync?watching={visit.conversation}", protocol.Changes)
    await visit.one.post(at, protocol.TypingNotice(active=False))
    if visit.one.me.id not in {typing.person.id for typing in changes.typing}:
        raise CheckError("A poll does not report that somebody types.")
    return "at the next poll"


async def tls(visit: Visit) -> str:
    """TLS."""
    if not visit.site.is_tls:
        raise NotOffered("the address is http://")
    parts = urlsplit(visit.site.url)
    context = visit.site.context
    assert parts.hostname is not None
    _reader, writer = await asyncio.open_connection(
        parts.hostname, parts.port or 443, ssl=context, server_hostname=parts.hostname
    )
    socket: ssl.SSLObject = writer.get_extra_info("ssl_object")
    version = socket.version()
    der = socket.getpeercert(binary_form=True)
    writer.close()
    assert der is not None
    left = x509.load_der_x509_certificate(der).not_valid_after_utc - datetime.now(UTC)
    if left.days < 0:
        raise CheckError("The certificate has expired.")
    soon = ", RENEW SOON" if left.days < EXPIRES_SOON else ""
    return f"{version}, certificate for {left.days} more days{soon}"


async def http2(visit: Visit) -> str:
    """HTTP/2."""
    if not visit.site.is_tls:
        raise NotOffered("the address is http://")
    async with visit.site.client(http2=True) as http:
        answer = await http.get("/healthz")
    if answer.http_version != "HTTP/2":
        raise NotOffered(f"agreed on {answer.http_version}")
    return "agreed by ALPN"


CHECKS: dict[str, tuple[Check, ...]] = {
    "site": (health, page, headers, session_cookie, signed_out),
    "polling": (short_poll, long_poll, poll_typing, gap),
    "websocket": (
        websocket,
        websocket_origin,
        websocket_typing,
        websocket_again,
        websocket_catches_up,
        websocket_bad_frame,
    ),
    "tls": (tls,),
    "http2": (http2,),
}
"""The checks by group; --expect names a group that the site has to offer."""


def _no_socket(error: InvalidHandshake) -> Exception:
    """Return the error for a refused handshake: the site has no sockets, or is broken."""
    status = error.response.status_code if isinstance(error, InvalidStatus) else None
    if status == httpx.codes.NOT_FOUND:
        return NotOffered("nothing at /ws/chat/ (HTTP 404)")
    if status == FORBIDDEN:
        return CheckError("The site's own page is refused (HTTP 403): see ALLOWED_HOSTS.")
    return CheckError(str(error))


def _message(visit: Visit) -> protocol.SendFrame:
    return protocol.SendFrame(
        client_id=uuid4(), conversation=visit.conversation, text="check-chat: please ignore"
    )


async def _post_message(visit: Visit) -> protocol.Ack:
    body = protocol.NewMessage(client_id=uuid4(), text="check-chat: please ignore")
    answer = await visit.one.post(f"/conversations/{visit.conversation}/messages", body)
    if not answer.is_success:
        raise CheckError(f"A message cannot be sent: HTTP {answer.status_code}.")
    return protocol.Ack.model_validate_json(answer.content)


async def _cursor(person: Person, conversation: int) -> str:
    changes = await person.get("/sync", protocol.Changes)
    position = protocol.parse_cursor(changes.cursor)[conversation]
    return protocol.format_cursor({conversation: position})
