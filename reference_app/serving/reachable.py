"""Check that the configured Redis and database answer, before anything is started."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import environ
import psycopg
import psycopg.conninfo
import redis
from django.core.exceptions import ImproperlyConfigured

from reference_app.runtime.environment import secret
from reference_app.serving.processes import ServingError

TIMEOUT = 5
"""Seconds that a server has to answer."""

_ENCODED = " (characters such as / # @ in the password have to be percent-encoded)"


def given(name: str) -> str:
    """Return a variable, or the contents of the file that NAME_FILE names; empty without either.

    Raises:
        ServingError: the file cannot be read.
    """
    try:
        return secret(name)
    except ImproperlyConfigured as error:
        raise ServingError(str(error)) from None


def check_redis(url: str) -> None:
    """Refuse a Redis that does not answer; an empty URL is accepted.

    Raises:
        ServingError: the message says what to do, without the URL, which may hold a password.
    """
    if not url:
        return
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=TIMEOUT, socket_timeout=TIMEOUT)
    except ValueError:
        # The error's text is not repeated: it may quote a part of the password.
        raise ServingError(
            f"REDIS_URL is none: it begins with redis://, rediss:// or unix://{_ENCODED}."
        ) from None
    try:
        with client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        raise ServingError(
            f"REDIS_URL does not answer: {str(error).rstrip('.')}. "
            "Start that server, or unset REDIS_URL."
        ) from None


def check_database(url: str) -> None:
    """Refuse a PostgreSQL that does not answer, or a SQLite file that cannot be used.

    The settings refuse other kinds of database. An empty URL is accepted.

    Raises:
        ServingError: the message says what to do, without the URL, which may hold a password.
    """
    if url.startswith("sqlite:///"):
        _check_sqlite(Path(environ.Env.db_url_config(url)["NAME"]))
    elif url.startswith("postgres"):
        _check_postgresql(url)


def _check_postgresql(url: str) -> None:
    try:
        _port = urlsplit(url).port  # raises where an unencoded / in the password ends the host
        psycopg.conninfo.conninfo_to_dict(url)
    except (ValueError, psycopg.ProgrammingError):
        # The errors' texts are not repeated: they quote a part of the password.
        raise ServingError(
            f"DATABASE_URL is none: it is postgresql://USER:PASSWORD@HOST/NAME{_ENCODED}."
        ) from None
    try:
        psycopg.connect(url, connect_timeout=TIMEOUT).close()
    except psycopg.Error as error:
        line = str(error).strip().splitlines()[0]
        raise ServingError(
            f"DATABASE_URL does not answer: {line} Start that server, or unset DATABASE_URL."
        ) from None


def _check_sqlite(path: Path) -> None:
    # The folder is checked, because SQLite would create an empty file; the folder has to be
    # writable for the journal anyway.
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ServingError(
            f"DATABASE_URL names a file in {path.parent.absolute()}, which cannot be written to. "
            "Name another, or unset DATABASE_URL."
        )
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA schema_version")
    except sqlite3.Error as error:
        raise ServingError(
            f"DATABASE_URL names {path}, which cannot be used: {error}. "
            "Name another, or unset DATABASE_URL."
        ) from None
