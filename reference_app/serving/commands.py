"""Build the command that starts each server.

The commands are those of the migration write-up (docs/benchmark.md), for any address.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

GUNICORN_WORKERS = 3
"""The number of worker processes in the migration write-up."""

THREADED = (
    "--worker-class=gthread",
    "--threads=300",
    "--worker-connections=1000",
    "--keep-alive=75",
    "--graceful-timeout=5",
)
"""Gunicorn's options for long polls: a thread for each, idle connections that stay open
longer than a client keeps them, and a stop that does not wait for held polls."""


@dataclass(frozen=True)
class Certificate:
    """A TLS certificate and its key, both PEM files."""

    certificate: Path
    key: Path


def daphne(host: str, port: int, tls: Certificate | None = None) -> list[str]:
    """Return the argument list of plain Daphne, as in the write-up; with TLS it serves HTTP/2."""
    return [sys.executable, "-m", "daphne", *_daphne_options(host, port, tls)]


def tuned_daphne(host: str, port: int, tls: Certificate | None = None, *options: str) -> list[str]:
    """Return the argument list of this project's tuned Daphne, with options of the wrapper."""
    wrapper = [sys.executable, "-m", "reference_app.serving", "daphne"]
    return [*wrapper, *options, *_daphne_options(host, port, tls)]


def _daphne_options(host: str, port: int, tls: Certificate | None) -> list[str]:
    # The proxy logs every request; on a terminal such a log would hide everything else.
    options = ["--access-log", "/dev/null"]
    if tls:
        parts = {"interface": host, "privateKey": tls.key, "certKey": tls.certificate}
        endpoint = ":".join(f"{name}={_escaped(str(value))}" for name, value in parts.items())
        options += ["--endpoint", f"ssl:{port}:{endpoint}"]
    else:
        options += ["--bind", host, "--port", str(port)]
    return [*options, "reference_app.config.asgi:application"]


def gunicorn(
    host: str,
    port: int,
    tls: Certificate | None = None,
    *options: str,
    workers: int = GUNICORN_WORKERS,
) -> list[str]:
    """Return Gunicorn's argument list: the write-up's three workers, synchronous by default."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "--workers", str(workers), *options]
    command += ["--bind", address]
    if tls:
        command += ["--certfile", str(tls.certificate), "--keyfile", str(tls.key)]
    return [*command, "reference_app.config.wsgi:application"]


def threaded_gunicorn(host: str, port: int, tls: Certificate | None = None) -> list[str]:
    """Return Gunicorn's argument list with threads and keep-alive, for pages with long polls.

    A long poll occupies a thread for as long as it is held, so there are as many threads as
    pages, with room for what they write. The three workers do not share connections evenly:
    each has threads for more than half of 500 pages. Threads are started when they are
    needed, so that they cost nothing while few pages are open.
    """
    return gunicorn(host, port, tls, *THREADED)


def _escaped(value: str) -> str:
    """Escape a value for a Twisted endpoint description, in which colons separate the parts."""
    return value.replace("\\", r"\\").replace(":", r"\:")
