"""The environment of servers under test, without variables that could change their behaviour.

A variable such as GUNICORN_CMD_ARGS, set for another purpose, would start a server that differs
from the description in the report. So servers get only the few variables that any program needs
and those that the benchmark sets. The manifest says how each server was started, and which
variables were taken out.
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
"""Variables that set which certificates of a deployment the generators trust."""

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
"""Prefixes of the variables that the servers, the application or their libraries read."""

SECRETS = frozenset({"SECRET_KEY"})
ADDRESSES = frozenset({"DATABASE_URL", "REDIS_URL"})
"""Variables that may hold a password: only their scheme is published."""


def clean(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an environment that any program needs."""
    return {
        name: value
        for name, value in environment.items()
        if name in KEPT or name.startswith(KEPT_PREFIX)
    }


def generator_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of an environment that a load generator needs."""
    trusted = {name: value for name, value in environment.items() if name in FOR_GENERATORS}
    return clean(environment) | trusted


def taken_out(environment: Mapping[str, str]) -> list[str]:
    """Return the names of the variables that a server may read and that are not passed on."""
    kept = clean(environment)
    return sorted(
        name for name in environment if name not in kept and name.startswith(READ_BY_SERVERS)
    )


def described(
    command: Sequence[str], ours: Mapping[str, str], places: Mapping[str, str]
) -> dict[str, Any]:
    """Return the manifest's description of how a server was started.

    ``ours`` has the variables that were set for it. ``places`` has the placeholder for each text
    that differs from run to run or from machine to machine (addresses, folders).
    """
    places = {sys.executable: "python", **places}

    def with_placeholders(text: str) -> str:
        for place, placeholder in places.items():
            text = text.replace(place, placeholder)
        return text

    return {
        "command": [with_placeholders(part) for part in command],
        "environment": {
            name: f"{urlsplit(value).scheme}:" if name in ADDRESSES else with_placeholders(value)
            for name, value in sorted(ours.items())
            if name not in SECRETS
        },
        "taken_out": taken_out(os.environ),
    }
