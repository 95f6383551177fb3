"""What a server under test sees of the caller's environment: nothing that could change it.

A variable such as GUNICORN_CMD_ARGS, set for another purpose, would make a server other than
the report says. So servers get the few variables that any program needs and those that we set.
How each was started, and what was taken out, is written into the manifest.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

KEPT = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV"})
KEPT_PREFIX = "LC_"

FOR_GENERATORS = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR"})
"""Whose certificates a deployment may have: those are checked by the generators."""

READ_BY_SERVERS = (
    "ALLOWED_HOSTS",
    "ASGI_",
    "CHANNEL_",
    "DATABASE_",
    "DEBUG",
    "DJANGO_",
    "FAWRAN_",
    "FORWARDED_ALLOW_IPS",
    "GRANIAN_",
    "GUNICORN_",
    "HYPERCORN_",
    "LD_",
    "MALLOC_",
    "NODE_",
    "OPENSSL_",
    "PG",
    "PYTHON",
    "REDIS_",
    "SECRET_KEY",
    "SSL_",
    "UVICORN_",
    "UVLOOP_",
    "VALKEY_",
    "WEB_CONCURRENCY",
    "WSGI_",
    "GLIBC_TUNABLES",
    "SENDFILE",
    "TWISTED_",
)
"""Beginnings of names that the servers, the application or their libraries read."""

SECRETS = frozenset({"SECRET_KEY"})
ADDRESSES = frozenset({"DATABASE_URL", "REDIS_URL"})
"""Variables that may hold a password: only their scheme is published."""


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what any program needs of an environment."""
    return {
        name: value
        for name, value in environment.items()
        if name in KEPT or name.startswith(KEPT_PREFIX)
    }


def generator_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a load generator needs of an environment."""
    trusted = {name: value for name, value in environment.items() if name in FOR_GENERATORS}
    return clean(environment) | trusted


def taken_out(environment: Mapping[str, str]) -> list[str]:
    """Return the names of variables that a server would have read, had they been passed on."""
    kept = clean(environment)
    return sorted(
        name for name in environment if name not in kept and name.startswith(READ_BY_SERVERS)
    )


def described(
    command: Sequence[str], ours: Mapping[str, str], places: Mapping[str, str]
) -> dict[str, Any]:
    """Return how a server was started, as the manifest has it.

    ``ours`` is what was set for it. ``places`` are texts that differ from run to run or are of
    this machine (addresses, folders), and what is written in place of each.
    """
    places = {sys.executable: "python", **places}

    def without_places(text: str) -> str:
        for place, name in places.items():
            text = text.replace(place, name)
        return text

    return {
        "command": [without_places(part) for part in command],
        "environment": {
            name: f"{urlsplit(value).scheme}:" if name in ADDRESSES else without_places(value)
            for name, value in sorted(ours.items())
            if name not in SECRETS
        },
        "taken_out": taken_out(os.environ),
    }
