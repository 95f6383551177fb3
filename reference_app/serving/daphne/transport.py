"""Twisted's socket transports, changed to write at once and to report how many bytes wait.

Twisted queues every write, and writes once its selector reports that the socket takes more.
That costs two system calls and a turn of the event loop for each frame, although the socket
would nearly always have taken it at once. Asyncio's own transports try to write first and queue
only the rest; so do these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet import tcp, unix


class Watched:
    """A transport that reports how many bytes wait, and when none wait any more."""

    _on_drained: Callable[[], None] | None = None

    def pending(self: Any) -> int:
        """Return how many bytes wait for the socket to take them."""
        waiting: int = len(self.dataBuffer) - self.offset + self._tempDataLen
        return waiting

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call the callback once, when no bytes wait any more or the connection is lost."""
        self._on_drained = callback

    def doWrite(self: Any) -> Any:  # noqa: N802 - Twisted's name
        """Write the waiting bytes, and report when all of them are written."""
        result = super().doWrite()  # type: ignore[misc]
        if not self.pending():
            self._report_drained()
        return result

    def connectionLost(self, reason: Any) -> None:  # noqa: N802 - Twisted's name
        """Report that the connection is lost, so that the callback runs."""
        super().connectionLost(reason)  # type: ignore[misc]
        self._report_drained()

    def _report_drained(self) -> None:
        callback, self._on_drained = self._on_drained, None
        if callback:
            callback()


class WriteThrough(Watched):
    """A transport that tries to write at once, and queues only what the socket does not take."""

    def write(self: Any, data: bytes) -> None:
        """Write now if nothing waits; leave the rest to Twisted's own method."""
        if data and self._may_write_now():
            try:
                sent = self.socket.send(data)
                if sent == len(data):
                    return
                data = data[sent:]
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                # The reactor's own attempt fails as well, and closes the connection properly.
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
            # The queue is needed by Twisted's own TLS over this connection, and by producers
            # that are asked for more when the queue is empty.
            and not getattr(self, "TLS", False)
            and (self.producer is None or self.streamingProducer)
        )


class WatchedTCP(Watched, tcp.Server):
    """A TCP connection that queues as Twisted does."""


class WatchedUNIX(Watched, unix.Server):
    """A connection on a UNIX socket that queues as Twisted does."""


class WriteThroughTCP(WriteThrough, tcp.Server):
    """A TCP connection that writes at once."""


class WriteThroughUNIX(WriteThrough, unix.Server):
    """A connection on a UNIX socket that writes at once."""


def transport_for(port: object, *, write_through: bool) -> type[Watched] | None:
    """Return the transport class for a port's connections; None for another kind of port."""
    if isinstance(port, unix.Port):
        return WriteThroughUNIX if write_through else WatchedUNIX
    if isinstance(port, tcp.Port):
        return WriteThroughTCP if write_through else WatchedTCP
    return None


def network_of(transport: object) -> Watched | None:
    """Return the ``Watched`` connection that a transport is, or that its TLS runs over, if any."""
    below = transport if isinstance(transport, Watched) else getattr(transport, "transport", None)
    return below if isinstance(below, Watched) else None
