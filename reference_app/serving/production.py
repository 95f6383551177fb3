"""Production on one host, without containers: what must hold is checked, then n processes."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from reference_app.serving import commands
from reference_app.serving.demo import manage
from reference_app.serving.processes import Child, ServingError, check_port, wait_until_served
from reference_app.serving.reachable import check_database, check_redis, given

START_TIMEOUT = 30.0
BACK_OFF = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a process that died is started again; the last one is repeated."""

STEADY = 60.0
"""Seconds after which a process counts as well again."""


@dataclass(frozen=True)
class Production:
    """Where the processes listen: one port each, from the first on, for a proxy in front."""

    host: str
    port: int
    processes: int
    data_dir: Path


@dataclass
class Supervised:
    """One process, and how often it died of late."""

    child: Child
    started: float
    deaths: int = 0
    restart_at: float = 0.0


def run(production: Production) -> None:
    """Check, migrate, collect static files, and serve until interrupted.

    Raises:
        ServingError: something must not be, or a process does not start.
        KeyboardInterrupt: it was asked to end.
    """
    environment = _environment(production)
    redis_url = given("REDIS_URL")
    if not redis_url:
        raise ServingError(
            "REDIS_URL is not set: several processes need a Redis between them, "
            "for example redis://localhost:6379/0."
        )
    ports = range(production.port, production.port + production.processes)
    for port in ports:
        check_port(production.host, port)
    check_redis(redis_url)
    check_database(given("DATABASE_URL"))
    manage(environment, "check", "--deploy", "--fail-level", "ERROR")
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "refuse_demo_passwords")
    manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
    with ExitStack() as running:
        supervised = [_start(production, environment, port, running) for port in ports]
        for one, port in zip(supervised, ports, strict=True):
            wait_until_served(one.child, production.host, port, START_TIMEOUT, tls=False)
        print(
            f"{production.processes} Daphne processes serve on {production.host}, ports "
            f"{ports[0]} to {ports[-1]}. Put a proxy with TLS in front (docs/operations.md).",
            flush=True,
        )
        while True:
            for one in supervised:
                _revive(one)
            time.sleep(0.5)


def _environment(production: Production) -> dict[str, str]:
    if os.environ.get("FAWRAN_MODE", "production") != "production":
        raise ServingError("FAWRAN_MODE is not production: unset it.")
    try:
        production.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServingError(
            f"{production.data_dir} cannot be written to: {error.strerror}. "
            "Name another folder in FAWRAN_DATA_DIR."
        ) from None
    return dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "reference_app.config.settings",
        "FAWRAN_MODE": "production",
        "FAWRAN_DATA_DIR": str(production.data_dir),
        "FAWRAN_COLLECTED_STATIC": "on",
    }


def _start(
    production: Production, environment: dict[str, str], port: int, running: ExitStack
) -> Supervised:
    child = Child(
        f"Daphne on port {port}",
        commands.daphne(production.host, port),
        environment,
        production.data_dir / f"daphne-{port}.log",
    )
    return Supervised(running.enter_context(child), time.monotonic())


def _revive(one: Supervised) -> None:
    """Start a process again that died, later each time that it dies soon again."""
    if one.child.returncode is None:
        return
    now = time.monotonic()
    if not one.restart_at:
        one.deaths = 0 if now - one.started > STEADY else one.deaths + 1
        wait = BACK_OFF[min(one.deaths, len(BACK_OFF) - 1)]
        one.restart_at = now + wait
        print(f"fawran: {one.child.name} {one.child.how_it_ended()}; again in {wait:.0f} s.")
    elif now >= one.restart_at:
        one.child.start()
        one.started, one.restart_at = now, 0.0
