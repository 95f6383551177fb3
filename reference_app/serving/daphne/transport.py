"""Twisted's socket transports, writing at once, and telling how much waits.

Twisted queues every write and asks its selector to be told when the socket takes more:
two system calls and a turn of the event loop for each frame, although the socket would
nearly always have taken it at once. Asyncio's own transports try first and queue only
what is left; so do these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet import tcp, unix


class Watched:
    """A transport that tells how many bytes wait, and when none do any more."""

    _on_drained: Callable[[], None] | None = None

    def pending(self: Any) -> int:
        """Return how many bytes wait for the socket to take them."""
        waiting: int = len(self.dataBuffer) - self.offset + self._tempDataLen
        return waiting

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call back, once, when nothing waits any more, or the connection is lost."""
        self._on_drained = callback

    def doWrite(self: Any) -> Any:  # noqa: N802 - Twisted's name
        """Write what waits, and tell when all of it has gone."""
        result = super().doWrite()  # type: ignore[misc]
        if not self.pending():
            self._tell_drained()
        return result

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Let nobody wait for a connection that is lost."""
        super().connectionLost(reason)  # type: ignore[misc]
        self._tell_drained()

    def _tell_drained(self) -> None:
        callback, self._on_drained = self._on_drained, None
        if callback:
            callback()


class WriteThrough(Watched):
    """A transport that tries to write at once, and queues only what the socket does not take."""

    def write(self: Any, data: bytes) -> None:
        """Write now where nothing waits; Twisted's own way does the rest."""
        if data and self._may_write_now():
            try:
                sent = self.socket.send(data)
                if sent == len(data):
                    return
                data = data[sent:]
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                # The reactor's own attempt will fail alike, and end the connection in order.
                pass
        if data:
            super().write(data)  # type: ignore[misc]

    def writeSequence(self, iovec: Iterable[bytes]) -> None:  # noqa: N802 - Twisted's name
        """Write several pieces as one."""
        self.write(b"".join(iovec))

    def _may_write_now(self: Any) -> bool:
        return bool(
            self.connected
            and not (self._tempDataLen or self.dataBuffer)
            and not (self.disconnecting or self._writeDisconnecting or self._writeDisconnected)
            # Twisted's own TLS over this connection, and producers that are asked for more
            # when the queue has run dry, need the queue.
            and not getattr(self, "TLS", False)
            and (self.producer is None or self.streamingProducer)
        )


class WatchedTCP(Watched, tcp.Server):
    """A TCP connection, queueing as Twisted does."""


class WatchedUNIX(Watched, unix.Server):
    """A connection on a UNIX socket, queueing as Twisted does."""


class WriteThroughTCP(WriteThrough, tcp.Server):
    """A TCP connection, writing at once."""


class WriteThroughUNIX(WriteThrough, unix.Server):
    """A connection on a UNIX socket, writing at once."""


def transport_for(port: object, *, write_through: bool) -> type[Watched] | None:
    """Return the transport for what a listening port accepts; None if it is of another kind."""
    if isinstance(port, unix.Port):
        return WriteThroughUNIX if write_through else WatchedUNIX
    if isinstance(port, tcp.Port):
        return WriteThroughTCP if write_through else WatchedTCP
    return None


def network_of(transport: object) -> Watched | None:
    """Return the connection below a protocol, if it is one of ours; TLS lies over such a one."""
    below = transport if isinstance(transport, Watched) else getattr(transport, "transport", None)
    return below if isinstance(below, Watched) else None
