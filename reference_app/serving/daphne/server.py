"""Daphne's own server, with what its users have asked for: fast writes and an orderly end.

On SIGTERM it wants nobody new, lets every socket go with the hint when to come back,
finishes the requests that run, and ends; a second signal ends it at once (daphne#177).
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

from reference_app.chat.outlets import DIRECT_EXTENSION
from reference_app.chat.protocol import CLOSE_RESTART, REGISTERED_CLOSE, retry_reason
from reference_app.config.draining import start_draining
from reference_app.serving.daphne.bodies import bound_requests
from reference_app.serving.daphne.collecting import Collector
from reference_app.serving.daphne.direct import direct_socket
from reference_app.serving.daphne.reading import bound_reading, offer_frames, receive_from_frames
from reference_app.serving.daphne.transport import transport_for

logger = logging.getLogger(__name__)
# Twisted installs its reactor at run time; its stubs know the module only.
reactor: Any = twisted_reactor

LOOK_EVERY = 0.1

CHECK_EVERY = 2.0
"""Seconds in which every connection is looked at for time-outs: Daphne's own interval."""

CHECK_TOGETHER = 100


@dataclass(frozen=True)
class Tuning:
    """What the wrapper adds. Times are in seconds.

    ``notice`` is how long the process still accepts after its readiness has turned, so
    that a balancer may see it; ``spread`` how long it takes to let all sockets go;
    ``patience`` how long requests may take to finish after that. ``collect_every`` is how
    often all garbage is looked for; 0 leaves that to Python.
    """

    write_through: bool = True
    notice: float = 0.0
    spread: float = 10.0
    patience: float = 20.0
    collect_every: float = 600.0


class TunedServer(Server):  # type: ignore[misc]
    """Daphne's server, tuned. Everything its command line offers works as ever."""

    def __init__(self, *args: Any, tuning: Tuning, **options: Any) -> None:
        super().__init__(*args, **options | {"signal_handlers": False})
        self.application: Any = receive_from_frames(self.application)
        self._tuning = tuning
        self._ports: list[Any] = []
        self._draining = False
        self._unchecked: list[Any] = []
        self._check_pause = CHECK_EVERY
        self._collector = Collector() if tuning.collect_every else None

    def run(self) -> None:
        """Serve until told to end."""
        # Once the loop runs: before that it takes no handlers.
        reactor.callLater(0, self._take_signals)
        if self._collector:
            self._collector.take_over()
            reactor.callLater(self._tuning.collect_every, self._collect)
        super().run()

    def listen_success(self, port: Any) -> None:
        """Bound what the port accepts, and let it be written to at once."""
        super().listen_success(port)
        if not self._ports:
            bound_requests(self.http_factory)
            bound_reading(self.ws_factory)
        self._ports.append(port)
        transport = transport_for(port, write_through=self._tuning.write_through)
        if transport:
            port.transport = transport

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Any:
        """Offer the application the socket itself."""
        offer_frames(protocol, scope)
        if scope["type"] == "websocket" and (direct := direct_socket(protocol)):
            scope.setdefault("extensions", {})[DIRECT_EXTENSION] = direct
        return super().create_application(protocol, scope)

    def protocol_disconnected(self, protocol: Any) -> None:
        """Note that a connection has gone."""
        super().protocol_disconnected(protocol)
        if self._collector and isinstance(protocol, WebSocketProtocol):
            self._collector.socket_closed(still_open=len(self.connections))

    def timeout_checker(self) -> None:
        """Look for time-outs and send pings as Daphne does, but not to everybody at once.

        10,000 sockets in one go would keep all messages waiting for some 50 ms.
        """
        if not self._unchecked:
            self._unchecked = list(self.connections)
            self._check_pause = CHECK_EVERY / max(1, len(self._unchecked) / CHECK_TOGETHER)
        for _ in range(min(CHECK_TOGETHER, len(self._unchecked))):
            protocol = self._unchecked.pop()
            if protocol in self.connections:
                protocol.check_timeouts()
        reactor.callLater(min(CHECK_EVERY, self._check_pause), self.timeout_checker)

    def _collect(self) -> None:
        assert self._collector
        self._collector.collect()
        reactor.callLater(self._tuning.collect_every, self._collect)

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self.drain)
        loop.add_signal_handler(signal.SIGINT, self.stop)

    def drain(self) -> None:
        """Begin to end in order; asked again, end at once."""
        if self._draining:
            self.stop()
            return
        self._draining = True
        start_draining()
        logger.info("draining: %d sockets", len(self._sockets()))
        reactor.callLater(self._tuning.notice, self._turn_away)

    def _turn_away(self) -> None:
        """Accept nobody any more, and let those who are here go one by one."""
        for port in self._ports:
            port.stopListening()
        for protocol in self._sockets():
            after = random.uniform(0, self._tuning.spread)  # noqa: S311 - jitter
            reactor.callLater(after, self._let_go, protocol)
        self._finish(time.monotonic() + self._tuning.spread)

    def _let_go(self, protocol: Any) -> None:
        if protocol.state == Autobahn.STATE_OPEN:
            # They are let go over a stretch of time already: the hint only keeps apart
            # those who go in the same instant.
            hint = retry_reason(random.randrange(1000))  # noqa: S311 - jitter
            code = REGISTERED_CLOSE[CLOSE_RESTART]
            protocol.sendCloseFrame(code=code, reasonUtf8=hint.encode(), isReply=False)

    def _finish(self, all_gone_by: float) -> None:
        """End once nothing runs any more, or it has taken too long."""
        late = time.monotonic() - all_gone_by
        if late >= 0:
            for protocol in self._sockets():
                self._let_go(protocol)  # who came in the last moment
        if self._busy() and late < self._tuning.patience:
            reactor.callLater(LOOK_EVERY, self._finish, all_gone_by)
        else:
            self.stop()

    def _sockets(self) -> list[Any]:
        return [one for one in self.connections if isinstance(one, WebSocketProtocol)]

    def _busy(self) -> bool:
        """Return whether a request or a socket is still being served."""
        return any(
            (task := details.get("application_instance")) and not task.done()
            for details in self.connections.values()
        )
