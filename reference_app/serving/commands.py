"""The command that starts each server: the document's own, made for an address."""

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
"""Gunicorn's options for long polls: threads to hold them, idle connections that stay open
longer than a client keeps them, and no wait for held polls when it is stopped."""


@dataclass(frozen=True)
class Certificate:
    """A TLS certificate and its key, both PEM files."""

    certificate: Path
    key: Path


def daphne(host: str, port: int, tls: Certificate | None = None) -> list[str]:
    """Return plain Daphne's argument list, the document's; over TLS it speaks HTTP/2 as well."""
    return [sys.executable, "-m", "daphne", *_daphnes_own(host, port, tls)]


def tuned_daphne(host: str, port: int, tls: Certificate | None = None, *options: str) -> list[str]:
    """Return the argument list of Daphne in this project's wrapper, with options of its own."""
    wrapper = [sys.executable, "-m", "reference_app.serving", "daphne"]
    return [*wrapper, *options, *_daphnes_own(host, port, tls)]


def _daphnes_own(host: str, port: int, tls: Certificate | None) -> list[str]:
    # A log of every request is the proxy's to keep; on a terminal it would drown the rest.
    options = ["--access-log", "/dev/null"]
    if tls:
        parts = {"interface": host, "privateKey": tls.key, "certKey": tls.certificate}
        described = ":".join(f"{name}={_escaped(str(value))}" for name, value in parts.items())
        options += ["--endpoint", f"ssl:{port}:{described}"]
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
    """Return Gunicorn's argument list with threads and keep-alive, for pages that poll long.

    A long poll occupies a thread for as long as it is held, so there are as many threads as
    pages, with room for what they write. The three workers do not share connections evenly:
    each has threads for more than half of 500 pages. Threads are started when they are
    needed, so that a small crowd does not pay for them.
    """
    return gunicorn(host, port, tls, *THREADED)


def _escaped(value: str) -> str:
    """Return a value for a Twisted endpoint description, in which colons separate the parts."""
    return value.replace("\\", r"\\").replace(":", r"\:")
