"""Probes: small calls that show whether the database, Redis and the cache do their work.

A read succeeds while SQLite is locked or its disk is full, so the database is written. A
connection to Redis succeeds while it hangs, so a message is sent and received.
"""

from __future__ import annotations

import secrets
from uuid import uuid4

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry

TIMEOUT_SECONDS = 0.5
"""Time limit of each step of a probe."""

WRITE_ROW = (
    "UPDATE django_migrations SET app = app WHERE id = (SELECT max(id) FROM django_migrations)"
)
"""Writes a row in PostgreSQL, although it does not change; every Django database has this table."""

PROBE_KEY = "probe"
"""The entry of the cache that a probe writes."""


def probe_database() -> None:
    """Write to the database, over a connection of its own with short time limits.

    Raises:
        Error: the database cannot be written within the time limits.
    """
    # The connections of requests wait 20 s for SQLite's lock, and 10 s for PostgreSQL's pool.
    database = connection.copy()
    options = database.settings_dict["OPTIONS"]
    if database.vendor == "sqlite":
        options["timeout"] = TIMEOUT_SECONDS
        # A number that SQLite keeps for applications. A new value writes a page, and so needs
        # the lock and room on the disk; an UPDATE that changes nothing would write none.
        statements = [f"PRAGMA user_version = {secrets.randbelow(1 << 31)}"]
    else:
        options.pop("pool", None)
        options["connect_timeout"] = 2  # libpq's minimum
        statements = [
            "BEGIN",
            f"SET LOCAL statement_timeout = {int(TIMEOUT_SECONDS * 1000)}",
            WRITE_ROW,
            "COMMIT",
        ]
    try:
        with database.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        database.close()


def probe_redis() -> None:
    """Send a message through Redis pub/sub and receive it, if the site uses Redis.

    Raises:
        RedisError, OSError: it is not received within the time limits.
    """
    url = settings.ENVIRONMENT.redis_url
    if not url:
        return
    # Not the prefix in the database, which may be away. A Redis user that may use only the site's
    # names needs the prefix of the setting in any case (docs/operations.md).
    channel = f"{settings.ENVIRONMENT.redis_prefix or 'fawran'}:probe:{uuid4().hex}"
    with (
        redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        ) as client,
        client.pubsub() as subscription,
    ):
        subscription.subscribe(channel)
        _receive(subscription)  # the confirmation
        client.publish(channel, "")
        _receive(subscription)


def probe_cache() -> None:
    """Write an entry of the cache.

    Raises:
        Exception: the cache cannot be written. The class depends on the kind of cache.
    """
    try:
        cache.set(PROBE_KEY, "", 1)
    finally:
        connection.close()  # the first use in a process reads the site's prefix


def _receive(subscription: redis.client.PubSub) -> None:
    if subscription.get_message(timeout=TIMEOUT_SECONDS) is None:
        raise redis.TimeoutError(f"no answer within {TIMEOUT_SECONDS:g} s")
