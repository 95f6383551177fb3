"""Production on one host, without containers: check the site, then run n processes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from reference_app.serving import commands
from reference_app.serving.data_dir import data_dir
from reference_app.serving.manage import manage
from reference_app.serving.prepare import prepare_database, refuse_unsafe
from reference_app.serving.probe import known_as
from reference_app.serving.processes import Child, ServingError, check_port, wait_until_served
from reference_app.serving.supervision import supervise

START_TIMEOUT = 30.0
DRAIN_TIMEOUT = 40.0
"""Seconds that a process may take to end: it closes its sockets one by one, then finishes."""
LAST_PORT = 65535


@dataclass(frozen=True)
class Production:
    """The address of the processes, which listen on consecutive ports behind a proxy."""

    host: str
    port: int
    processes: int

    @property
    def ports(self) -> range:
        """The port of each process."""
        return range(self.port, self.port + self.processes)


def run(production: Production) -> None:
    """Check, migrate, collect static files, then serve until interrupted.

    Raises:
        ServingError: a check failed, or a process does not start.
        KeyboardInterrupt: the user or a signal ended it.
    """
    _refuse_unsafe(production)
    folder = data_dir()
    environment = _environment(folder)
    prepare_database(environment)
    manage(environment, "collectstatic", "--no-input", "--verbosity", "0")
    first_run = manage(environment, "setup_code")
    with ExitStack() as running:
        children = [
            running.enter_context(
                _daphne(production.host, port, environment | _metrics(index), folder)
            )
            for index, port in enumerate(production.ports)
        ]
        running.callback(_ask_all_to_end, children)
        for child, port in zip(children, production.ports, strict=True):
            wait_until_served(
                child, production.host, port, START_TIMEOUT, tls=False, site=known_as()
            )
        print(_welcome(production), first_run, sep="\n", end="", flush=True)
        supervise(children)


def _refuse_unsafe(production: Production) -> None:
    """Refuse ports that cannot be used, and what the settings cannot check."""
    if not 0 < production.port <= LAST_PORT - production.processes + 1:
        raise ServingError(
            f"There are no {production.processes} ports from {production.port} on: "
            f"--port is 1 to {LAST_PORT}, one for each process."
        )
    for port in production.ports:
        check_port(production.host, port)
    refuse_unsafe()


def _environment(folder: Path) -> dict[str, str]:
    return dict(os.environ) | {
        "DJANGO_SETTINGS_MODULE": "reference_app.config.settings",
        "FAWRAN_MODE": "production",
        "FAWRAN_DATA_DIR": str(folder),
        "FAWRAN_COLLECTED_STATIC": "on",
    }


def _daphne(host: str, port: int, environment: dict[str, str], folder: Path) -> Child:
    command = commands.tuned_daphne(host, port)
    log = folder / f"daphne-{port}.log"
    return Child(f"Daphne on port {port}", command, environment, log, DRAIN_TIMEOUT)


def _metrics(index: int) -> dict[str, str]:
    """Return a process's address for Prometheus: FAWRAN_METRICS, one port up for each process."""
    host, _, port = os.environ.get("FAWRAN_METRICS", "").rpartition(":")
    return {"FAWRAN_METRICS": f"{host}:{int(port) + index}"} if port.isdecimal() else {}


def _ask_all_to_end(children: Sequence[Child]) -> None:
    """Let all children end at the same time; each is waited for afterwards."""
    for child in children:
        child.ask_to_end()


def _welcome(production: Production) -> str:
    first, last = production.ports[0], production.ports[-1]
    where = f"port {first}" if first == last else f"ports {first} to {last}"
    noun = "process serves" if first == last else "processes serve"
    return (
        f"{production.processes} Daphne {noun} on {production.host}, {where}. "
        "Put a proxy with TLS in front (docs/operations.md)."
    )
