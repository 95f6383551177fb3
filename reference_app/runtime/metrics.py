"""The metrics of a process for Prometheus: counts and times, with few labels and few values each.

Nothing is counted unless ``offer_metrics`` finds an address to serve at: without one, a process
only pays for calls that do nothing. Names follow Prometheus' conventions; times are in seconds.
"""

from __future__ import annotations

from enum import StrEnum

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from prometheus_client import Counter, Gauge, Histogram, start_http_server

from reference_app.runtime.draining import is_draining

CODES = frozenset({1000, 1001, 1005, 1006, 1011, 1012, 1013, 4012, 4013, 4401})
"""Close codes that are counted separately; a client may send any other."""


class Dependency(StrEnum):
    """A service that a process depends on."""

    DATABASE = "database"
    CHANNEL_LAYER = "channel_layer"
    CACHE = "cache"


class Metrics:
    """The interface for recording metrics. This class records nothing."""

    wanted = False
    """Whether metrics are recorded: if not, values that are expensive to compute are not needed."""

    def accepted(self) -> None:
        """Record a socket that was accepted."""

    def closed(self, code: int) -> None:
        """Record a socket that has closed, and its close code."""

    def received(self, kind: str, size: int) -> None:
        """Record a frame from a client; ``size`` is in characters."""

    def sent(self, kind: str, size: int, sockets: int = 1) -> None:
        """Record a frame of ``size`` bytes that was sent to a number of sockets."""

    def stored(self, messages: int) -> None:
        """Record a transaction that stored a number of messages."""

    def fanned_out(self, seconds: float, sockets: int) -> None:
        """Record the time in which an event was written to a number of sockets."""

    def too_slow(self, outcome: str) -> None:
        """Record a slow socket: a frame was ``dropped``, or the socket ``closed``."""

    def synced(self, cause: str) -> None:
        """Record a ``sync`` and its cause: ``connect``, ``reconnect`` or ``gap``."""

    def measured_lag(self, lag: float, tasks: int) -> None:
        """Record how late the event loop was, and how many tasks it has."""

    def dependency_failed(self, dependency: Dependency) -> None:
        """Record that a call to a dependency failed."""

    def outage(self, dependency: Dependency, *, in_progress: bool) -> None:
        """Record that an outage of a dependency has begun or ended."""


class Counting(Metrics):
    """Records everything in Prometheus' own registry."""

    wanted = True

    def __init__(self) -> None:
        self._open = Gauge("fawran_sockets_open", "sockets that are open")
        self._accepted = Counter("fawran_sockets_accepted", "sockets accepted")
        self._closed = Counter("fawran_sockets_closed", "sockets closed, by code", ["code"])
        labels = ["direction", "type"]
        self._frames = Counter("fawran_frames", "frames, by direction and type", labels)
        self._bytes = Counter("fawran_frame_bytes", "payload, by direction and type", labels)
        self._stored = Counter("fawran_messages_stored", "messages stored")
        self._batch = Histogram(
            "fawran_transaction_messages",
            "messages stored by one transaction",
            buckets=(1, 2, 5, 10, 20, 50, 100, 200),
        )
        self._fanout = Histogram(
            "fawran_fanout_seconds",
            "time to write one event to all local sockets",
            buckets=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
        )
        self._sockets = Histogram(
            "fawran_fanout_sockets",
            "local sockets that one event was written to",
            buckets=(1, 2, 5, 10, 20, 50, 100, 500, 1000, 5000),
        )
        self._slow = Counter(
            "fawran_slow_sockets", "frames dropped or sockets closed, by outcome", ["outcome"]
        )
        self._sync = Counter("fawran_sync", "sync calls, by cause", ["cause"])
        self._lag = Histogram(
            "fawran_event_loop_lag_seconds",
            "how late the event loop is",
            buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1),
        )
        self._tasks = Gauge("fawran_tasks", "tasks of the event loop")
        labels = ["dependency"]
        self._failures = Counter(
            "fawran_dependency_failures", "failed calls, by dependency", labels
        )
        self._outages = Gauge(
            "fawran_dependency_outage", "1 while a dependency does not answer", labels
        )
        for dependency in Dependency:
            self._failures.labels(dependency)
            self._outages.labels(dependency)
        Gauge("fawran_draining", "1 while the process is being drained").set_function(is_draining)

    def accepted(self) -> None:
        """Record a socket that was accepted."""
        self._accepted.inc()
        self._open.inc()

    def closed(self, code: int) -> None:
        """Record a socket that has closed, and its close code."""
        self._open.dec()
        self._closed.labels(str(code) if code in CODES else "other").inc()

    def received(self, kind: str, size: int) -> None:
        """Record a frame from a client; ``size`` is in characters."""
        self._frames.labels("in", kind).inc()
        self._bytes.labels("in", kind).inc(size)

    def sent(self, kind: str, size: int, sockets: int = 1) -> None:
        """Record a frame of ``size`` bytes that was sent to a number of sockets."""
        self._frames.labels("out", kind).inc(sockets)
        self._bytes.labels("out", kind).inc(size * sockets)

    def stored(self, messages: int) -> None:
        """Record a transaction that stored a number of messages."""
        self._stored.inc(messages)
        self._batch.observe(messages)

    def fanned_out(self, seconds: float, sockets: int) -> None:
        """Record the time in which an event was written to a number of sockets."""
        self._fanout.observe(seconds)
        self._sockets.observe(sockets)

    def too_slow(self, outcome: str) -> None:
        """Record a slow socket: a frame was ``dropped``, or the socket ``closed``."""
        self._slow.labels(outcome).inc()

    def synced(self, cause: str) -> None:
        """Record a ``sync`` and its cause: ``connect``, ``reconnect`` or ``gap``."""
        self._sync.labels(cause).inc()

    def measured_lag(self, lag: float, tasks: int) -> None:
        """Record how late the event loop was, and how many tasks it has."""
        self._lag.observe(lag)
        self._tasks.set(tasks)

    def dependency_failed(self, dependency: Dependency) -> None:
        """Record that a call to a dependency failed."""
        self._failures.labels(dependency).inc()

    def outage(self, dependency: Dependency, *, in_progress: bool) -> None:
        """Record that an outage of a dependency has begun or ended."""
        self._outages.labels(dependency).set(in_progress)


_current: Metrics = Metrics()


def metrics() -> Metrics:
    """Return the object that records the metrics of this process."""
    return _current


def offer_metrics() -> None:
    """Record metrics from now on and serve them at FAWRAN_METRICS, if that is set.

    Raises:
        ImproperlyConfigured: the address cannot be used.
    """
    global _current  # noqa: PLW0603 - one per process, as Prometheus' registry is
    address = settings.ENVIRONMENT.metrics
    if address is None:
        return
    host, port = address
    try:
        start_http_server(port, host)
    except OSError as error:
        raise ImproperlyConfigured(
            f"FAWRAN_METRICS: {host}:{port} cannot be used: {error.strerror}."
        ) from None
    _current = Counting()
