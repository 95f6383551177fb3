"""Start a server under test, and Redis if it needs it, on the server's processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from benchmarks.generator.users import Place
from benchmarks.run.deaths import roots_of
from benchmarks.run.pinning import Pinning, pinned
from benchmarks.run.plan import SessionPlan
from benchmarks.run.server_environment import clean, described
from benchmarks.run.workspace import SessionPlace
from benchmarks.servers.base import Part
from benchmarks.servers.null import CROWD_VARIABLE
from benchmarks.transports.registry import find_transport
from reference_app.runtime.environment import ROOT
from reference_app.serving.certificate import self_signed
from reference_app.serving.commands import GUNICORN_WORKERS, Certificate
from reference_app.serving.processes import STOP_TIMEOUT, Child, free_port, wait_until_served
from reference_app.serving.valkey import embedded_valkey

START_TIMEOUT = 30.0
"""Most seconds until a server answers."""

STOP_TIMEOUT_SECONDS = 0.1
"""Seconds between SIGTERM and SIGKILL for a server after its session. They are few, because
nothing is measured any more and the stored data is discarded. A server that drains gets the time
that draining takes."""


@dataclass(frozen=True)
class Started:
    """A server that answers.

    ``roots`` return, by role, the root processes of the process trees on the server side.
    ``processes`` are the server's own processes. ``described`` has, by name of the part, the
    command and the environment as the manifest publishes them.
    """

    place: Place
    roots: Mapping[str, Callable[[], list[int]]] = field(default_factory=dict)
    processes: Sequence[Child] = ()
    described: Mapping[str, Any] = field(default_factory=dict)


def start_server(
    session: SessionPlan,
    place: SessionPlace,
    pinning: Pinning,
    log: Path,
    drain_window: float,
    running: ExitStack,
) -> Started:
    """Start a server and wait until it answers; leaving ``running`` stops it and its Redis.

    ``drain_window`` is the time in seconds over which its processes close their sockets.

    Raises:
        ServingError: the server does not start, or does not answer in time.
    """
    server = session.server
    environment = {**place.environment, **server.environment}
    environment[CROWD_VARIABLE] = str(place.crowd)
    environment["FAWRAN_TRANSPORT"] = find_transport(server.transport).setting
    parts = parts_of(session, pinning)
    address = place_of(parts)
    roots: dict[str, Callable[[], list[int]]] = {}
    children: list[Child] = []
    descriptions: dict[str, Any] = {}
    with pinned(pinning.server):
        if server.needs_redis:
            url, redis_pid = _redis(place, running)
            environment["REDIS_URL"] = url
            roots["redis"] = lambda: [redis_pid]
        tls = self_signed(place.folder) if session.tls else None
        for part, port in zip(parts, address.every_port, strict=True):
            if server.offers_metrics:
                environment["FAWRAN_METRICS"] = f"127.0.0.1:{free_port()}"
            command = _command(part, address.host, port, tls, drain_window)
            description = described(command, environment, _placeholders(place, port))
            descriptions[_name(session, part)] = description
            complete = clean(os.environ) | environment
            stop_timeout = STOP_TIMEOUT + drain_window if drain_window else STOP_TIMEOUT_SECONDS
            child = Child(server.name, command, complete, log, stop_timeout=stop_timeout)
            children.append(running.enter_context(child))
    for child, port in zip(children, address.every_port, strict=True):
        wait_until_served(child, address.host, port, START_TIMEOUT, tls=session.tls)
    roots["server"] = lambda: roots_of(children)
    return Started(address, roots, children, descriptions)


def parts_of(session: SessionPlan, pinning: Pinning) -> list[Part]:
    """Return, for each process to start, the part of the server that it belongs to.

    On several processors, a part whose process uses only one of them is started at least as
    often as Gunicorn has workers.
    """
    several = GUNICORN_WORKERS if len(pinning.server) > 1 else 1
    processes = max(session.processes, several)
    return [part for part in session.server.parts for _ in range(part.processes(processes))]


def place_of(parts: Sequence[Part]) -> Place:
    """Return the address of a server of these parts: a free port for each of its processes."""
    requests = tuple(free_port() for part in parts if part.serves != "sockets")
    sockets = tuple(free_port() for part in parts if part.serves == "sockets")
    return Place("127.0.0.1", requests, socket_ports=sockets)


def _command(
    part: Part, host: str, port: int, tls: Certificate | None, drain_window: float
) -> list[str]:
    *command, application = part.command(host, port, tls)
    if part.drain_option:
        command += [part.drain_option, str(drain_window)]
    return [*command, application]


def _name(session: SessionPlan, part: Part) -> str:
    """Return the name of a part in the manifest; it says TLS, because the command then differs."""
    name = f"{session.server.name} (TLS)" if session.tls else session.server.name
    return name if part.serves == "all" else f"{name}, {part.serves}"


def _placeholders(place: SessionPlace, port: int) -> dict[str, str]:
    """Return the placeholders that the manifest has for this machine's addresses and folders."""
    return {
        "127.0.0.1": "{host}",
        str(port): "{port}",
        str(place.folder): "{folder}",
        str(place.crowd.parent): "{folder}",
        str(ROOT): "{project}",
    }


def _redis(place: SessionPlace, running: ExitStack) -> tuple[str, int]:
    """Return the URL and process id of Redis; start one unless REDIS_URL is set."""
    given = os.environ.get("REDIS_URL")
    if given:
        # Its resource use is counted too, if it runs on this machine. Preflight has checked
        # that it answers.
        with redis.Redis.from_url(given) as client:
            return given, int(client.info("server")["process_id"])
    valkey = running.enter_context(embedded_valkey(place.folder / "valkey.log", clean(os.environ)))
    return valkey.url, valkey.child.pid
