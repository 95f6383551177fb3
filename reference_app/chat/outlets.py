"""How frames leave to one socket: within a budget, and what soon means nothing goes first.

A socket that reads too slowly would make the server remember for it. What waits for a
socket is therefore bounded in bytes: ephemeral frames (typing) are replaced by newer ones
and then dropped; over the budget the socket is closed, and its client catches up by
``sync`` when it comes back.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, MutableMapping, Set
from functools import cached_property
from typing import Any, Protocol

from reference_app.chat.metrics import metrics
from reference_app.chat.protocol import CLOSE_TRY_LATER, REGISTERED_CLOSE, ServerFrame
from reference_app.chat.stepping import run

logger = logging.getLogger(__name__)

BUDGET = 1 << 20
"""Bytes that may wait for one socket, what it asked for itself apart. Some 1,000 messages."""

EPHEMERAL_LIMIT = 64
"""Ephemeral frames, each about another person, that wait for one socket."""

NO_CODE = 1006
"""The close code of a socket that was lost without one (RFC 6455, section 7.4.1)."""

CLOSE_PATIENCE = 5.0
"""Seconds that the close of a slow socket waits for the frame that is being sent."""

DIRECT_EXTENSION = "fawran.direct"
"""The scope's extension under which a server offers its sockets' transport (DirectSocket)."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Encoded:
    """A frame, encoded at most once for all who get it; not for those it is hidden from."""

    def __init__(self, text: str, kind: str, hidden_from: Set[int] = frozenset()) -> None:
        self.text = text
        self.kind = kind
        self.hidden_from = hidden_from

    @cached_property
    def payload(self) -> bytes:
        """The frame's text in UTF-8."""
        return self.text.encode()

    @cached_property
    def wire(self) -> bytes:
        """The frame as it crosses the network: a WebSocket text frame of the server.

        One unfragmented, unmasked frame (RFC 6455, section 5.2).
        """
        size = len(self.payload)
        if size < 126:
            head = bytes((0x81, size))
        elif size < 1 << 16:
            head = b"\x81\x7e" + size.to_bytes(2, "big")
        else:
            head = b"\x81\x7f" + size.to_bytes(8, "big")
        return head + self.payload

    @cached_property
    def message(self) -> dict[str, str]:
        """The frame as an ASGI message."""
        return {"type": "websocket.send", "text": self.text}


class DirectSocket(Protocol):
    """What a server offers that lets frames be written without a task or a copy each."""

    def write(self, data: bytes) -> int:
        """Write WebSocket frames at once, as far as the network takes them.

        Return how many bytes wait for it now.
        """

    def pending(self) -> int:
        """Return how many bytes wait for the network."""

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake."""

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call back, once, when nothing waits any more, or the connection is lost."""


class Outlet(ABC):
    """One socket's way out."""

    __slots__ = ("_drained", "_limit", "_notices", "closed", "code")

    def __init__(self) -> None:
        self.closed = False
        self.code = NO_CODE
        self._limit = BUDGET
        self._notices: dict[Hashable, Encoded] = {}
        self._drained: asyncio.Future[None] | None = None

    def tell(self, frame: Encoded) -> None:
        """Send what must arrive, or close the socket because it is too slow."""
        if self.closed:
            return
        if self.pending() > self._limit:
            metrics().too_slow("closed")
            self.close(CLOSE_TRY_LATER, "too slow")
            return
        self._write(frame)

    def hint(self, key: Hashable, frame: Encoded) -> None:
        """Send what only matters now; of two that wait under one key the newer is kept."""
        if self.closed:
            return
        if not self.pending():
            self._write(frame)
        elif key in self._notices or len(self._notices) < EPHEMERAL_LIMIT:
            self._notices.pop(key, None)
            self._notices[key] = frame
        else:
            metrics().too_slow("dropped")

    def reply(self, frame: ServerFrame) -> None:
        """Send what the socket itself asked for: the budget counts from there on.

        Whoever serves its requests waits for ``drained`` before the next.
        """
        if not self.closed:
            encoded = Encoded(frame.model_dump_json(), frame.type)
            self._write(encoded)
            metrics().sent(encoded.kind, len(encoded.payload))
            self._limit = BUDGET + self.pending()

    async def drained(self) -> None:
        """Wait until nothing is pending, where more is than the budget allows."""
        if self.pending() > BUDGET and not self.closed:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    def close(self, code: int, reason: str = "") -> None:
        """Begin to close the socket; nothing is sent any more."""
        if not self.closed:
            self.gone(code)
            self._close(code, reason)

    def gone(self, code: int) -> None:
        """Forget what waits: the socket is closed, with this code."""
        if not self.closed:
            self.closed, self.code = True, code
        self._notices.clear()
        self._wake()

    @abstractmethod
    async def finished(self) -> None:
        """Wait until a close that was begun has been handed to the server."""

    @abstractmethod
    def pending(self) -> int:
        """Return how many bytes wait."""

    @abstractmethod
    def _write(self, frame: Encoded) -> None: ...

    @abstractmethod
    def _close(self, code: int, reason: str) -> None: ...

    def _ran_dry(self) -> None:
        """Send the notices that waited, now that nothing else does."""
        self._limit = BUDGET
        notices, self._notices = self._notices, {}
        for key, frame in notices.items():
            self.hint(key, frame)
        self._wake()

    def _wake(self) -> None:
        if self._drained and not self._drained.done():
            self._drained.set_result(None)


class DirectOutlet(Outlet):
    """The way out through a server that lets us write to its sockets' transport."""

    __slots__ = ("_socket", "_waiting")

    def __init__(self, socket: DirectSocket) -> None:
        super().__init__()
        self._socket = socket
        self._waiting = False

    def tell(self, frame: Encoded) -> None:
        """Send what must arrive: where nothing waits there is no budget to be looked at."""
        if self._waiting or self.closed:
            super().tell(frame)
        else:
            self._write(frame)

    def pending(self) -> int:
        """Return how many bytes wait for the network."""
        return self._socket.pending()

    def _write(self, frame: Encoded) -> None:
        if self._socket.write(frame.wire) and not self._waiting:
            self._waiting = True
            self._socket.when_drained(self._dry)

    async def finished(self) -> None:
        """Return: the close has left already."""

    def _dry(self) -> None:
        self._waiting = False
        if not self.closed:
            self._ran_dry()

    def _close(self, code: int, reason: str) -> None:
        # Below ASGI the registered codes can be sent too.
        self._socket.close(REGISTERED_CLOSE.get(code, code), reason)


class AsgiOutlet(Outlet):
    """The way out through ASGI's ``send``, on any server.

    A ``send`` that does not have to wait is run to its end here and now. One that does,
    because the server applies back-pressure, becomes a task, and what follows waits for it.
    """

    __slots__ = ("_queue", "_queued", "_send", "_sending")

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send
        self._queue: deque[Encoded] = deque()
        self._queued = 0
        self._sending: asyncio.Task[None] | None = None

    def pending(self) -> int:
        """Return how many bytes wait for the server to take them."""
        return self._queued

    def _write(self, frame: Encoded) -> None:
        if self._sending:
            self._queue.append(frame)
            self._queued += len(frame.payload)
            return
        try:
            rest = run(self._send(frame.message))
        except Exception as error:  # noqa: BLE001 - one socket must not end everybody's fan-out
            self._failed(error)
            return
        if rest:
            self._queued = len(frame.payload)
            self._sending = asyncio.create_task(self._send_rest(rest, self._queued))

    async def _send_rest(self, rest: Awaitable[None], size: int) -> None:
        try:
            await rest
            self._queued -= size
            while self._queue:
                frame = self._queue.popleft()
                await self._send(frame.message)
                self._queued -= len(frame.payload)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)
            return
        finally:
            if self._sending is asyncio.current_task():  # or else the close that followed
                self._sending = None
        self._ran_dry()

    def _failed(self, error: Exception) -> None:
        """End the socket: one that misses a frame must come back for it."""
        if isinstance(error, OSError):
            self.gone(NO_CODE)  # the server noticed first that it is lost; `receive` will say so
        else:
            logger.warning("a frame could not be sent: %r", error)
            self.close(CLOSE_TRY_LATER)

    def gone(self, code: int) -> None:
        """Forget what waits: the socket is closed, with this code."""
        super().gone(code)
        self._queue.clear()

    async def finished(self) -> None:
        """Wait until a close that was begun has been handed to the server."""
        if self._sending:
            await asyncio.wait([self._sending], timeout=CLOSE_PATIENCE)

    def _close(self, code: int, reason: str) -> None:
        message = {"type": "websocket.close", "code": code, "reason": reason}
        # After what is being sent: a server may not take two messages at once.
        self._sending = asyncio.create_task(self._close_after(self._sending, message))

    async def _close_after(
        self, sending: asyncio.Task[None] | None, message: dict[str, Any]
    ) -> None:
        if sending:
            await asyncio.wait([sending], timeout=CLOSE_PATIENCE)
        try:
            await self._send(message)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)


def outlet_of(scope: MutableMapping[str, Any], send: Send) -> Outlet:
    """Return the way out to a socket: directly, where its server offers that."""
    direct = (scope.get("extensions") or {}).get(DIRECT_EXTENSION)
    return DirectOutlet(direct) if direct else AsgiOutlet(send)
