"""A Daphne WebSocket that the application writes to directly (fawran.direct in the scope).

Each frame is written as bytes that were encoded once for all sockets. That skips ASGI's
coroutine, Daphne's checks and autobahn's framing, all of which cost more than the write.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autobahn.websocket.protocol import WebSocketProtocol

from reference_app.serving.daphne.transport import Watched, network_of

OPEN = WebSocketProtocol.STATE_OPEN


class DaphneSocket:
    """Implements ``DirectSocket`` (chat/fanout/send_buffers.py) for Daphne."""

    __slots__ = ("_network", "_protocol")

    def __init__(self, protocol: Any, network: Watched) -> None:
        self._protocol = protocol
        self._network = network

    def write(self, data: bytes) -> int:
        """Write WebSocket frames at once; return how many bytes wait for the network now."""
        protocol = self._protocol
        if protocol.state == OPEN:
            protocol.transport.write(data)
        return self._network.pending()

    def pending(self) -> int:
        """Return how many bytes wait for the network."""
        return self._network.pending()

    def close(self, code: int, reason: str) -> None:
        """Begin the closing handshake.

        It does not use autobahn's ``sendClose``, which refuses the codes that IANA registered
        after RFC 6455: 1012 and 1013.
        """
        if self._protocol.state == OPEN:
            self._protocol.sendCloseFrame(code=code, reasonUtf8=reason.encode(), isReply=False)

    def when_drained(self, callback: Callable[[], None]) -> None:
        """Call the callback once, when no bytes wait any more or the connection is lost."""
        self._network.when_drained(callback)


def direct_socket(protocol: Any) -> DaphneSocket | None:
    """Return the direct socket of a protocol, if its connection is a ``Watched`` one."""
    network = network_of(protocol.transport)
    return DaphneSocket(protocol, network) if network else None
