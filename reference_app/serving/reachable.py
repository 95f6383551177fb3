"""Whether the servers that we are told to use answer, asked before anything is started."""

from __future__ import annotations

import psycopg
import redis
from django.core.exceptions import ImproperlyConfigured

from reference_app.config.environment import secret
from reference_app.serving.processes import ServingError

TIMEOUT = 5
"""Seconds in which a server has to answer."""


def given(name: str) -> str:
    """Return a variable, or what the file that NAME_FILE names holds; empty if neither is set.

    Raises:
        ServingError: the file cannot be read.
    """
    try:
        return secret(name)
    except ImproperlyConfigured as error:
        raise ServingError(str(error)) from None


def check_redis(url: str) -> None:
    """Refuse a Redis that does not answer; no URL names none.

    Raises:
        ServingError: with what to do; the URL is not repeated, for it may hold a password.
    """
    if not url:
        return
    try:
        with redis.Redis.from_url(
            url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT
        ) as client:
            client.ping()
    except (redis.RedisError, ValueError, OSError) as error:
        raise ServingError(
            f"REDIS_URL does not answer: {error}. Start that server, or unset REDIS_URL."
        ) from None


def check_database(url: str) -> None:
    """Refuse a PostgreSQL that does not answer; SQLite is a file, and the settings' matter.

    Raises:
        ServingError: with what to do; the URL is not repeated, for it may hold a password.
    """
    if not url.startswith("postgres"):
        return
    try:
        psycopg.connect(url, connect_timeout=TIMEOUT).close()
    except psycopg.Error as error:
        line = str(error).strip().splitlines()[0]
        raise ServingError(
            f"DATABASE_URL does not answer: {line} Start that server, or unset DATABASE_URL."
        ) from None
