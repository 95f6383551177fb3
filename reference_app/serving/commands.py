"""The command that starts each server: the document's own, made for an address."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A TLS certificate and its key, both PEM files."""

    certificate: Path
    key: Path


def daphne(host: str, port: int, tls: Certificate | None = None) -> list[str]:
    """Return Daphne's argument list; over TLS it speaks HTTP/2 as well."""
    # A log of every request is the proxy's to keep; on a terminal it would drown the rest.
    command = [sys.executable, "-m", "daphne", "--access-log", "/dev/null"]
    if tls:
        parts = {"interface": host, "privateKey": tls.key, "certKey": tls.certificate}
        described = ":".join(f"{name}={_escaped(str(value))}" for name, value in parts.items())
        command += ["--endpoint", f"ssl:{port}:{described}"]
    else:
        command += ["--bind", host, "--port", str(port)]
    return [*command, "reference_app.config.asgi:application"]


def gunicorn(host: str, port: int, tls: Certificate | None = None, workers: int = 3) -> list[str]:
    """Return Gunicorn's argument list: the document's three synchronous workers."""
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    command = [sys.executable, "-m", "gunicorn", "--workers", str(workers), "--bind", address]
    if tls:
        command += ["--certfile", str(tls.certificate), "--keyfile", str(tls.key)]
    return [*command, "reference_app.config.wsgi:application"]


def _escaped(value: str) -> str:
    """Return a value for a Twisted endpoint description, in which colons separate the parts."""
    return value.replace("\\", r"\\").replace(":", r"\:")
