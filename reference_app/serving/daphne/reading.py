"""Bounded reading: a socket is read no faster than its frames are answered.

Daphne parses whatever a client sends, as fast as it comes, into a queue without a bound. One
client that sends without a pause then occupies the event loop, and fills the memory.
Here reading pauses in three cases, so that the client's own TCP window fills instead:

- ``MAX_UNANSWERED`` of its frames wait for the application;
- it sent ``FRAMES_PER_TURN`` frames in one read: the rest waits for ``TURN_PAUSE_SECONDS``.
  Frames that the application never sees count too: pings, pongs, fragments;
- it has not read ``MAX_UNREAD_BYTES`` of what was sent to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor as twisted_reactor

from reference_app.serving.daphne.transport import network_of

# Twisted installs its reactor at run time; its stubs know the module only.
reactor: Any = twisted_reactor

MAX_UNANSWERED = 4
"""Frames of one socket that wait for the application while it serves another of them."""

FRAMES_PER_TURN = 8
"""Frames of one socket that are parsed before other sockets get their turn."""

TURN_PAUSE_SECONDS = 0.005
"""Pause after a full turn: a flood of the cheapest frames is parsed at 1,600 a second."""

MAX_UNREAD_BYTES = 1 << 20
"""Bytes that may wait for a client to read them; with more, its own frames wait too."""

UNREAD_CHECK_SECONDS = 0.1
"""Pause before a client that does not read is checked again."""


_FRAMES = "fawran.frames"
Application = Callable[..., Awaitable[None]]


class FrameQueue(asyncio.Queue[dict[str, Any]]):
    """A queue of one socket's messages for the application; it reports each one taken."""

    def __init__(self, on_taken: Callable[[], None]) -> None:
        super().__init__()
        self._on_taken = on_taken

    def _get(self) -> dict[str, Any]:
        message = super()._get()
        self._on_taken()
        return message


class BoundedProtocol(WebSocketProtocol):  # type: ignore[misc]
    """A Daphne WebSocket that pauses reading instead of queueing without a bound."""

    def __init__(self) -> None:
        super().__init__()
        self.frames = FrameQueue(self._frame_taken)
        self._is_paused = False
        self._frames_in_turn = 0

    def applicationCreateWorked(self, _queue: object) -> None:  # noqa: N802 - Daphne's name
        """Give the application our own queue instead of Daphne's."""
        super().applicationCreateWorked(self.frames)

    def _dataReceived(self, data: bytes) -> None:  # noqa: N802 - autobahn's name
        """Parse what was read, as a new turn unless reading is paused."""
        if not self._is_paused:
            self._frames_in_turn = 0
        super()._dataReceived(data)

    def processData(self) -> bool:  # noqa: N802 - autobahn's name
        """Parse one frame of what was read; while paused, leave the rest in the buffer."""
        if self._is_paused and self.state == self.STATE_OPEN:
            return False
        has_more: bool = super().processData()
        return has_more

    def onFrameEnd(self) -> Any:  # noqa: N802 - autobahn's name
        """Count a frame, and pause when its socket has used its share."""
        result = super().onFrameEnd()
        self._frames_in_turn += 1
        if self.frames.qsize() >= MAX_UNANSWERED:
            self._pause()  # until the application takes one
        elif self._frames_in_turn >= FRAMES_PER_TURN:
            self._pause()
            reactor.callLater(TURN_PAUSE_SECONDS, self._resume)
        return result

    def _pause(self) -> None:
        if not self._is_paused and self.state == self.STATE_OPEN:
            self._is_paused = True
            self.transport.pauseProducing()

    def _frame_taken(self) -> None:
        if self._is_paused and self.frames.qsize() < MAX_UNANSWERED:
            # Not at once: the application serves the message that it has just taken first.
            reactor.callLater(0, self._resume)

    def _resume(self) -> None:
        """Parse what was read before the pause, then resume reading."""
        if not self._is_paused or self.frames.qsize() >= MAX_UNANSWERED:
            return
        if self.state == self.STATE_OPEN and self._unread() > MAX_UNREAD_BYTES:
            reactor.callLater(UNREAD_CHECK_SECONDS, self._resume)
            return
        self._is_paused = False
        self._frames_in_turn = 0
        self.consumeData()
        if not self._is_paused and self.state != self.STATE_CLOSED:
            self.transport.resumeProducing()

    def _unread(self) -> int:
        """Return how many bytes wait for the client to read them; 0 if they are not counted."""
        network = network_of(self.transport)
        return network.pending() if network else 0


def bound_reading(factory: Any) -> None:
    """Make a Daphne factory create sockets that are read within bounds."""
    factory.protocol = BoundedProtocol


def offer_frames(protocol: object, scope: dict[str, Any]) -> None:
    """Put a socket's queue into its scope, where ``receive_from_frames`` finds it."""
    if isinstance(protocol, BoundedProtocol):
        scope.setdefault("extensions", {})[_FRAMES] = protocol.frames


def receive_from_frames(application: Application) -> Application:
    """Return an application that receives from the queue in its scope instead of Daphne's."""

    def serve(scope: dict[str, Any], receive: Any, send: Any) -> Awaitable[None]:
        frames: FrameQueue | None = (scope.get("extensions") or {}).pop(_FRAMES, None)
        return application(scope, frames.get if frames else receive, send)

    return serve
