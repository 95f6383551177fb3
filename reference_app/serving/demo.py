"""Run the local demo: one command starts all processes of the chat, and Ctrl-C ends them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from reference_app.accounts.demo_users import DEMO_USERS
from reference_app.runtime.environment import ROOT
from reference_app.serving import commands
from reference_app.serving.certificate import self_signed
from reference_app.serving.data_dir import data_dir, secret_key
from reference_app.serving.manage import manage
from reference_app.serving.processes import (
    Child,
    ServingError,
    check_port,
    free_port,
    wait_until_served,
)
from reference_app.serving.reachable import check_database, check_redis, given
from reference_app.serving.valkey import embedded_valkey

LOOPBACK = ("127.0.0.1", "localhost", "::1")
START_TIMEOUT = 30.0
NOT_INHERITED = frozenset(
    {
        "DEBUG",
        "ALLOWED_HOSTS",
        "CHANNEL_LAYER",
        "FAWRAN_COLLECTED_STATIC",
        "FAWRAN_ORIGINS",
        "FAWRAN_PROXIES",
        "FAWRAN_REDIS_PREFIX",
        "SECRET_KEY_FILE",
    }
)
"""Variables that a shell may have set for another site, and that the demo ignores."""


@dataclass(frozen=True)
class Demo:
    """The demo's options: its server, its address, and whether it uses TLS."""

    server: str
    host: str
    port: int
    tls: bool


def run(demo: Demo) -> None:
    """Serve the demo until it is interrupted.

    Raises:
        ServingError: the demo cannot start; the message says why, and what to do.
        KeyboardInterrupt: the user or a signal ended it.
    """
    if demo.host not in LOOPBACK:
        raise ServingError(
            f"The demo's passwords are public, so it listens on this machine only, not on "
            f"{demo.host}. For a real site: scripts/run-production."
        )
    port = demo.port or free_port(demo.host)
    check_port(demo.host, port)
    folder = data_dir()
    environment = _environment(demo, folder)
    check_redis(given("REDIS_URL"))
    check_database(given("DATABASE_URL"))
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "create_demo_users")
    with ExitStack() as running:
        children = []
        if demo.server == "daphne" and not given("REDIS_URL"):
            valkey = running.enter_context(embedded_valkey(folder / "valkey.log"))
            environment["REDIS_URL"] = valkey.url
            children.append(valkey.child)
        server = running.enter_context(_server(demo, port, folder, environment))
        children.append(server)
        wait_until_served(server, demo.host, port, START_TIMEOUT, tls=demo.tls)
        _welcome(demo, port)
        _wait_until_one_ends(children)


def _environment(demo: Demo, folder: Path) -> dict[str, str]:
    """Return the environment of the demo's processes, without variables of another site."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "reference_app.config.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
        "FAWRAN_MODE": "demo",
        "FAWRAN_DATA_DIR": str(folder),
        "FAWRAN_HTTPS": "off",
        "FAWRAN_TRANSPORT": "websocket" if demo.server == "daphne" else "polling",
        "SECRET_KEY": secret_key(folder),
    }


def _server(demo: Demo, port: int, folder: Path, environment: dict[str, str]) -> Child:
    tls = self_signed(folder) if demo.tls else None
    if demo.server == "daphne":
        # Ctrl-C does not wait for the sockets: the pages reconnect by themselves.
        command = commands.tuned_daphne(demo.host, port, tls, "--drain-seconds", "0")
    else:
        command = commands.gunicorn(demo.host, port, tls)
    return Child(demo.server.capitalize(), command, environment, folder / f"{demo.server}.log")


def _welcome(demo: Demo, port: int) -> None:
    how = "WebSocket" if demo.server == "daphne" else "polling every 2 to 5 s"
    print(f"Fawran is at {_url(demo, port)} ({demo.server.capitalize()}, {how})")
    if demo.tls:
        print("The certificate is self-signed: a browser warns once.")
    print("\nSign in as one of these; their passwords work in this local demo only:")
    for user in DEMO_USERS:
        print(f"  {user.username:8} {user.password}")
    print("\nCtrl-C ends it.", flush=True)


def _url(demo: Demo, port: int) -> str:
    scheme = "https" if demo.tls else "http"
    host = {"127.0.0.1": "localhost", "::1": "[::1]"}.get(demo.host, demo.host)
    return f"{scheme}://{host}:{port}"


def _wait_until_one_ends(children: Iterable[Child]) -> None:
    """Wait until one of the children ends, and report it as an error."""
    while True:
        for child in children:
            if child.returncode is not None:
                raise ServingError(f"{child.name} {child.how_it_ended()}")
        time.sleep(0.2)
