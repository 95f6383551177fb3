"""Daphne's server with two additions that its users asked for: fast writes and draining.

On SIGTERM it accepts no new connections, closes every socket with a hint when to reconnect,
finishes the requests that run, and ends. A second signal ends it at once (daphne#177).
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import time
from dataclasses import dataclass
from typing import Any

from autobahn.websocket.protocol import WebSocketProtocol as Autobahn
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor as twisted_reactor
from twisted.internet.interfaces import ISSLTransport

from reference_app.chat.fanout.send_buffers import DIRECT_EXTENSION
from reference_app.protocol import CLOSE_RESTART, REGISTERED_CLOSE, retry_reason
from reference_app.runtime.draining import start_draining
from reference_app.serving.daphne.bodies import bound_requests
from reference_app.serving.daphne.collecting import Collector
from reference_app.serving.daphne.direct import direct_socket
from reference_app.serving.daphne.reading import bound_reading, offer_frames, receive_from_frames
from reference_app.serving.daphne.transport import transport_for

logger = logging.getLogger(__name__)
# Twisted installs its reactor at run time; its stubs know the module only.
reactor: Any = twisted_reactor

DRAIN_CHECK_SECONDS = 0.1

TIMEOUT_CHECK_SECONDS = 2.0
"""Time in which every connection is checked for time-outs: Daphne's own interval."""

MAX_CHECKS_AT_ONCE = 100


@dataclass(frozen=True)
class Tuning:
    """The options that the wrapper adds to Daphne. Times are in seconds.

    ``drain_delay`` is how long the process still accepts connections after its readiness check
    fails, so that a load balancer can react. ``drain_window`` is the time in which all sockets are
    closed. ``request_timeout`` is how long requests may take to finish after that.
    ``collect_every`` is the time between full garbage collections; 0 leaves them to Python.
    """

    write_through: bool = True
    drain_delay: float = 0.0
    drain_window: float = 10.0
    request_timeout: float = 20.0
    collect_every: float = 600.0


class TunedServer(Server):  # type: ignore[misc]
    """Daphne's server, tuned. All options of Daphne's command line work unchanged."""

    def __init__(self, *args: Any, tuning: Tuning, **options: Any) -> None:
        super().__init__(*args, **options | {"signal_handlers": False})
        self.application: Any = receive_from_frames(self.application)
        self._tuning = tuning
        self._ports: list[Any] = []
        self._draining = False
        self._unchecked: list[Any] = []
        self._check_pause = TIMEOUT_CHECK_SECONDS
        self._collector = Collector() if tuning.collect_every else None

    def run(self) -> None:
        """Serve until asked to end."""
        # The event loop accepts signal handlers only once it runs.
        reactor.callLater(0, self._add_signal_handlers)
        if self._collector:
            self._collector.take_over()
            reactor.callLater(self._tuning.collect_every, self._collect)
        super().run()

    def listen_success(self, port: Any) -> None:
        """Bound the requests and sockets of the port, and let them write at once."""
        super().listen_success(port)
        if not self._ports:
            bound_requests(self.http_factory)
            bound_reading(self.ws_factory)
        self._ports.append(port)
        transport = transport_for(port, write_through=self._tuning.write_through)
        if transport:
            port.transport = transport

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Complete the scope: with the frame queue, the direct socket, and the scheme of sockets.

        Daphne takes the root path from a header of the client; here only its option sets it.
        """
        scope["root_path"] = self.root_path
        if ISSLTransport.providedBy(protocol.transport):
            scope.setdefault("scheme", "wss")  # Daphne sets it for requests only
        offer_frames(protocol, scope)
        if scope["type"] == "websocket" and (direct := direct_socket(protocol)):
            scope.setdefault("extensions", {})[DIRECT_EXTENSION] = direct
        return super().create_application(protocol, scope)

    def protocol_disconnected(self, protocol: Any) -> None:
        """Count a closed socket for the garbage collection."""
        super().protocol_disconnected(protocol)
        if self._collector and isinstance(protocol, WebSocketProtocol):
            self._collector.socket_closed(still_open=len(self.connections))

    def timeout_checker(self) -> None:
        """Check time-outs and send pings as Daphne does, but in small groups.

        Checking 10,000 sockets at once would delay all messages by some 50 ms.
        """
        if not self._unchecked:
            self._unchecked = list(self.connections)
            groups = max(1, len(self._unchecked) / MAX_CHECKS_AT_ONCE)
            self._check_pause = TIMEOUT_CHECK_SECONDS / groups
        for _ in range(min(MAX_CHECKS_AT_ONCE, len(self._unchecked))):
            protocol = self._unchecked.pop()
            if protocol in self.connections:
                protocol.check_timeouts()
        reactor.callLater(min(TIMEOUT_CHECK_SECONDS, self._check_pause), self.timeout_checker)

    def _collect(self) -> None:
        assert self._collector
        self._collector.collect()
        reactor.callLater(self._tuning.collect_every, self._collect)

    def _add_signal_handlers(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.drain)
        loop.add_signal_handler(signal.SIGINT, self.stop)

    def drain(self) -> None:
        """Begin to drain; when called again, end at once."""
        if self._draining:
            self.stop()
            return
        self._draining = True
        start_draining()
        logger.info("draining: %d sockets", len(self._sockets()))
        reactor.callLater(self._tuning.drain_delay, self._stop_accepting)

    def _stop_accepting(self) -> None:
        """Accept no new connections, and close the open sockets one by one."""
        for port in self._ports:
            port.stopListening()
        for protocol in self._sockets():
            after = random.uniform(0, self._tuning.drain_window)  # noqa: S311 - jitter
            reactor.callLater(after, self._close_socket, protocol)
        self._finish(time.monotonic() + self._tuning.drain_window)

    def _close_socket(self, protocol: Any) -> None:
        if protocol.state == Autobahn.STATE_OPEN:
            # The closes are already spread over time: the hint only separates clients whose
            # sockets close in the same instant.
            hint = retry_reason(random.randrange(1000))  # noqa: S311 - jitter
            code = REGISTERED_CLOSE[CLOSE_RESTART]
            protocol.sendCloseFrame(code=code, reasonUtf8=hint.encode(), isReply=False)

    def _finish(self, all_closed_by: float) -> None:
        """Stop once nothing is served any more, or ``request_timeout`` has passed."""
        late = time.monotonic() - all_closed_by
        if late >= 0:
            for protocol in self._sockets():
                self._close_socket(protocol)  # sockets that opened at the last moment
        if self._is_busy() and late < self._tuning.request_timeout:
            reactor.callLater(DRAIN_CHECK_SECONDS, self._finish, all_closed_by)
        else:
            self.stop()

    def _sockets(self) -> list[Any]:
        return [one for one in self.connections if isinstance(one, WebSocketProtocol)]

    def _is_busy(self) -> bool:
        """Return whether a request or a socket is still being served."""
        return any(
            (task := details.get("application_instance")) and not task.done()
            for details in self.connections.values()
        )
