"""The send buffer of each socket: bounded in bytes, ephemeral frames are dropped first.

The frames of a client that reads too slowly stay in the server's memory, so their size is
bounded. Ephemeral frames (typing) are replaced by newer ones, then dropped. A socket over its
budget is closed; its client catches up by ``sync`` when it comes back.
"""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, MutableMapping, Set
from functools import cached_property
from typing import Any, Protocol

from reference_app.chat.fanout.eager_await import run_until_blocked
from reference_app.protocol import CLOSE_TRY_LATER, REGISTERED_CLOSE, ServerFrame
from reference_app.runtime.metrics import metrics

logger = logging.getLogger(__name__)

BUDGET_BYTES = 1 << 20
"""Bytes that may wait for one socket, not counting the replies to its own requests. Some 1,000
messages."""

MAX_EPHEMERAL = 64
"""Ephemeral frames, each about another person, that wait for one socket."""

NO_CODE = 1006
"""The close code of a socket that was lost without one (RFC 6455, section 7.4.1)."""

CLOSE_TIMEOUT_SECONDS = 5.0
"""Seconds that the close of a slow socket waits for the frame that is being sent."""

DIRECT_EXTENSION = "fawran.direct"
"""The scope's extension under which a server offers its sockets' transport (DirectSocket)."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class EncodedFrame:
    """A frame, encoded at most once for all its recipients; some users must not receive it."""

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
    """The interface of a server's socket to which frames are written without a task or a copy."""

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


class SendBuffer(ABC):
    """The frames that wait to be sent to one socket."""

    __slots__ = ("_drained", "_ephemeral", "_limit", "closed", "code")

    def __init__(self) -> None:
        self.closed = False
        self.code = NO_CODE
        self._limit = BUDGET_BYTES
        self._ephemeral: dict[Hashable, EncodedFrame] = {}
        self._drained: asyncio.Future[None] | None = None

    def send_durable(self, frame: EncodedFrame) -> None:
        """Send a frame that must arrive; close the socket if it is too slow."""
        if self.closed:
            return
        if self.pending() > self._limit:
            metrics().too_slow("closed")
            self.close(CLOSE_TRY_LATER, "too slow")
            return
        self._write(frame)

    def send_ephemeral(self, key: Hashable, frame: EncodedFrame) -> None:
        """Send a frame that may be dropped; a newer one replaces one that waits under its key."""
        if self.closed:
            return
        if not self.pending():
            self._write(frame)
        elif key in self._ephemeral or len(self._ephemeral) < MAX_EPHEMERAL:
            self._ephemeral.pop(key, None)
            self._ephemeral[key] = frame
        else:
            metrics().too_slow("dropped")

    def reply(self, frame: ServerFrame) -> None:
        """Send the reply to a request of the socket itself; it does not count for the budget.

        The caller awaits ``wait_drained`` before it serves the next request.
        """
        if not self.closed:
            encoded = EncodedFrame(frame.model_dump_json(), frame.type)
            self._write(encoded)
            metrics().sent(encoded.kind, len(encoded.payload))
            self._limit = BUDGET_BYTES + self.pending()

    async def wait_drained(self) -> None:
        """Wait until the buffer is empty, if more is pending than the budget allows."""
        if self.pending() > BUDGET_BYTES and not self.closed:
            self._drained = asyncio.get_running_loop().create_future()
            await self._drained

    def close(self, code: int, reason: str = "") -> None:
        """Begin to close the socket; send nothing more."""
        if not self.closed:
            self.mark_closed(code)
            self._close(code, reason)

    def mark_closed(self, code: int) -> None:
        """Record that the socket is closed, with this code; drop the waiting frames."""
        if not self.closed:
            self.closed, self.code = True, code
        self._ephemeral.clear()
        self._wake()

    @abstractmethod
    async def wait_closed(self) -> None:
        """Wait until the server has taken the close that was begun."""

    @abstractmethod
    def pending(self) -> int:
        """Return how many bytes wait."""

    @abstractmethod
    def _write(self, frame: EncodedFrame) -> None: ...

    @abstractmethod
    def _close(self, code: int, reason: str) -> None: ...

    def _on_drained(self) -> None:
        """Send the ephemeral frames that waited."""
        self._limit = BUDGET_BYTES
        ephemeral, self._ephemeral = self._ephemeral, {}
        for key, frame in ephemeral.items():
            self.send_ephemeral(key, frame)
        self._wake()

    def _wake(self) -> None:
        if self._drained and not self._drained.done():
            self._drained.set_result(None)


class DirectSendBuffer(SendBuffer):
    """Writes to the transport of a socket, on a server that offers it."""

    __slots__ = ("_socket", "_waiting")

    def __init__(self, socket: DirectSocket) -> None:
        super().__init__()
        self._socket = socket
        self._waiting = False

    def send_durable(self, frame: EncodedFrame) -> None:
        """Send a frame that must arrive; while nothing waits, the budget need not be checked."""
        if self._waiting or self.closed:
            super().send_durable(frame)
        else:
            self._write(frame)

    def pending(self) -> int:
        """Return how many bytes wait for the network."""
        return self._socket.pending()

    def _write(self, frame: EncodedFrame) -> None:
        if self._socket.write(frame.wire) and not self._waiting:
            self._waiting = True
            self._socket.when_drained(self._empty)

    async def wait_closed(self) -> None:
        """Return: the close has been sent already."""

    def _empty(self) -> None:
        self._waiting = False
        if not self.closed:
            self._on_drained()

    def _close(self, code: int, reason: str) -> None:
        # Below ASGI the registered codes can be sent too.
        self._socket.close(REGISTERED_CLOSE.get(code, code), reason)


class AsgiSendBuffer(SendBuffer):
    """Sends through ASGI's ``send``, on any server.

    A ``send`` that need not wait runs to its end in place. One that waits, because the server
    applies back-pressure, becomes a task, and later frames wait for it.
    """

    __slots__ = ("_queue", "_queued", "_send", "_sending")

    def __init__(self, send: Send) -> None:
        super().__init__()
        self._send = send
        self._queue: deque[EncodedFrame] = deque()
        self._queued = 0
        self._sending: asyncio.Task[None] | None = None

    def pending(self) -> int:
        """Return how many bytes wait for the server to take them."""
        return self._queued

    def _write(self, frame: EncodedFrame) -> None:
        if self._sending:
            self._queue.append(frame)
            self._queued += len(frame.payload)
            return
        try:
            suspended = run_until_blocked(self._send(frame.message))
        except Exception as error:  # noqa: BLE001 - one socket must not stop the fan-out to all
            self._failed(error)
            return
        if suspended:
            self._queued = len(frame.payload)
            self._sending = asyncio.create_task(self._send_rest(suspended, self._queued))

    async def _send_rest(self, suspended: Awaitable[None], size: int) -> None:
        try:
            await suspended
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
        self._on_drained()

    def _failed(self, error: Exception) -> None:
        """Close the socket: its client has missed a frame and must catch up."""
        if isinstance(error, OSError):
            self.mark_closed(
                NO_CODE
            )  # the server noticed first that it is lost; `receive` will say so
        else:
            logger.warning("a frame could not be sent: %r", error)
            self.close(CLOSE_TRY_LATER)

    def mark_closed(self, code: int) -> None:
        """Record that the socket is closed, with this code; drop the waiting frames."""
        super().mark_closed(code)
        self._queue.clear()

    async def wait_closed(self) -> None:
        """Wait until the server has taken the close that was begun."""
        if self._sending:
            await asyncio.wait([self._sending], timeout=CLOSE_TIMEOUT_SECONDS)

    def _close(self, code: int, reason: str) -> None:
        message = {"type": "websocket.close", "code": code, "reason": reason}
        # After what is being sent: a server may not take two messages at once.
        self._sending = asyncio.create_task(self._close_after(self._sending, message))

    async def _close_after(
        self, sending: asyncio.Task[None] | None, message: dict[str, Any]
    ) -> None:
        if sending:
            await asyncio.wait([sending], timeout=CLOSE_TIMEOUT_SECONDS)
        try:
            await self._send(message)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)


def send_buffer_for(scope: MutableMapping[str, Any], send: Send) -> SendBuffer:
    """Return the buffer of a socket: a direct one if its server offers that."""
    direct = (scope.get("extensions") or {}).get(DIRECT_EXTENSION)
    return DirectSendBuffer(direct) if direct else AsgiSendBuffer(send)
