"""The local demo: one command, and the chat is there; Ctrl-C, and nothing of it is left."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from reference_app.accounts.demo_users import DEMO_USERS
from reference_app.serving import commands
from reference_app.serving.certificate import self_signed
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
MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


@dataclass(frozen=True)
class Demo:
    """What the demo is to be: which server, where, and whether with TLS."""

    server: str
    host: str
    port: int
    tls: bool
    data_dir: Path


def run(demo: Demo) -> None:
    """Serve the demo until it is interrupted.

    Raises:
        ServingError: something is in the way; the message says what, and what to do.
        KeyboardInterrupt: the user ended it.
    """
    if demo.host not in LOOPBACK:
        raise ServingError(
            f"The demo's passwords are public, so it listens on this machine only, not on "
            f"{demo.host}. For a real site: scripts/run-production."
        )
    port = demo.port or free_port(demo.host)
    check_port(demo.host, port)
    environment = _environment(demo)
    with ExitStack() as running:
        if demo.server == "daphne":
            environment["REDIS_URL"] = _redis_url(demo, running)
        check_database(given("DATABASE_URL"))
        _prepare(environment)
        tls = self_signed(demo.data_dir) if demo.tls else None
        make_command = commands.daphne if demo.server == "daphne" else commands.gunicorn
        server = Child(
            demo.server.capitalize(),
            make_command(demo.host, port, tls),
            environment,
            demo.data_dir / f"{demo.server}.log",
        )
        running.enter_context(server)
        wait_until_served(server, demo.host, port, START_TIMEOUT, tls=demo.tls)
        _welcome(demo, port)
        _wait(server)


def _environment(demo: Demo) -> dict[str, str]:
    """Return the environment of the demo's processes, whatever this one's is."""
    try:
        demo.data_dir.mkdir(parents=True, exist_ok=True)
        key = _secret_key(demo.data_dir / "secret-key")
    except OSError as error:
        raise ServingError(
            f"{demo.data_dir} cannot be written to: {error.strerror}. "
            "Name another folder in FAWRAN_DATA_DIR."
        ) from None
    unwanted = {"DEBUG", "ALLOWED_HOSTS", "CHANNEL_LAYER", "FAWRAN_COLLECTED_STATIC"}
    inherited = {name: value for name, value in os.environ.items() if name not in unwanted}
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "reference_app.config.settings",
        "PYTHONPATH": os.pathsep.join([str(MANAGE.parent), os.environ.get("PYTHONPATH", "")]),
        "FAWRAN_MODE": "demo",
        "FAWRAN_DATA_DIR": str(demo.data_dir),
        "FAWRAN_HTTPS": "off",
        "FAWRAN_TRANSPORT": "websocket" if demo.server == "daphne" else "polling",
        "SECRET_KEY": key,
    }


def _secret_key(path: Path) -> str:
    """Return the demo's own key, made on first use; readable by this user only."""
    if not path.exists():
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as opened:
            opened.write(secrets.token_urlsafe(64))
    return path.read_text(encoding="utf-8")


def _redis_url(demo: Demo, running: ExitStack) -> str:
    url = given("REDIS_URL")
    if not url:
        return running.enter_context(embedded_valkey(demo.data_dir / "valkey.log")).url
    check_redis(url)
    return url


def manage(environment: Mapping[str, str], *arguments: str) -> None:
    """Run one of Django's commands.

    Raises:
        ServingError: it failed; the message is the last line of what it said.
    """
    done = subprocess.run(
        [sys.executable, str(MANAGE), *arguments],
        env=dict(environment),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise ServingError(f"{arguments[0]} failed: {last.removeprefix('fawran: ')}")


def _prepare(environment: Mapping[str, str]) -> None:
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "create_demo_users")


def _welcome(demo: Demo, port: int) -> None:
    scheme = "https" if demo.tls else "http"
    how = "WebSocket" if demo.server == "daphne" else "polling every 2 to 5 s"
    host = "localhost" if demo.host == "127.0.0.1" else demo.host
    print(f"Fawran is at {scheme}://{host}:{port} ({demo.server.capitalize()}, {how})")
    if demo.tls:
        print("The certificate is self-signed: a browser warns once.")
    print("\nSign in as one of these; their passwords work in this local demo only:")
    for user in DEMO_USERS:
        print(f"  {user.username:8} {user.password}")
    print("\nCtrl-C ends it.", flush=True)


def _wait(server: Child) -> None:
    while server.returncode is None:
        time.sleep(0.2)
    raise ServingError(f"{server.name} {server.how_it_ended()}")


def interrupt_on_sigterm() -> None:
    """Let SIGTERM end us in order, as Ctrl-C does."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
