"""Refuse requests that are too large while they arrive, before they fill the disk.

Twisted receives a whole body into a temporary file before Daphne calls the application. So the
limit of the application (api/body_limit.py) comes too late for the disk.
"""

from __future__ import annotations

from typing import Any

from daphne.http_protocol import WebRequest
from twisted.internet import reactor as twisted_reactor

from reference_app.api.body_limit import largest_body
from reference_app.chat.files.storage import is_full, no_room
from reference_app.protocol import ErrorCode, Failure

# Twisted installs its reactor at run time; its stubs know the module only.
reactor: Any = twisted_reactor

LINGER_SECONDS = 2.0
"""Time until a refused connection is closed. If it were closed at once, with data unread, the
network would drop the answer before the client has read it."""

_TOO_LARGE = Failure(code=ErrorCode.TOO_LONG, detail="The body is too long.")
_REASONS = {413: b"Content Too Large", 507: b"Insufficient Storage"}


class BoundedRequest(WebRequest):  # type: ignore[misc]
    """A request that stores no more of its body than the largest allowed size."""

    _received = 0
    _refusal: tuple[int, bytes] | None = None
    _closing: Any = None

    def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's name
        """Refuse a request whose declared length is too large."""
        super().gotLength(length)
        if (length or 0) > largest_body():
            self._refuse(413, _TOO_LARGE)

    def handleContentChunk(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Store a part of the body; refuse a body that is too large now, or a full disk."""
        if self._refusal:
            return
        self._received += len(data)
        if self._received > largest_body():
            self._refuse(413, _TOO_LARGE)
            return
        try:
            super().handleContentChunk(data)
        except OSError as error:
            if not is_full(error):
                raise
            self._refuse(507, no_room().frame())

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:  # noqa: N802
        """Pass the request on, unless it is refused."""
        if not self._refusal:
            super().requestReceived(command, path, version)
        elif self.transport is None:
            self._answer_stream(command, version, *self._refusal)

    def connectionLost(self, reason: object) -> None:  # noqa: N802 - Twisted's name
        """Cancel the close that was planned for a refused connection."""
        if self._closing and self._closing.active():
            self._closing.cancel()
        super().connectionLost(reason)

    def _refuse(self, status: int, failure: Failure) -> None:
        body = failure.model_dump_json().encode()
        self._refusal = (status, body)
        self.content.truncate(0)
        transport = self.transport
        if transport is None:
            return  # HTTP/2: answered when the whole request has arrived; no more is stored
        # Written directly, because Twisted's own answer waits for the rest of the request.
        head = (
            b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n" % (status, _REASONS[status], len(body))
        )
        transport.write(head + body)
        transport.pauseProducing()
        self._closing = reactor.callLater(LINGER_SECONDS, transport.abortConnection)

    def _answer_stream(self, command: bytes, version: bytes, status: int, body: bytes) -> None:
        self.method, self.clientproto = command, version
        self.setResponseCode(status)
        self.responseHeaders.addRawHeader(b"content-type", b"application/json")
        self.write(body)
        self.finish()


def bound_requests(factory: Any) -> None:
    """Make the protocols of a Daphne factory create bounded requests."""
    build = factory.buildProtocol

    def build_bounded(address: Any) -> Any:
        protocol = build(address)
        protocol.requestFactory = BoundedRequest
        return protocol

    factory.buildProtocol = build_bounded
