"""The prefix of a site's names in Redis, which separates sites that share a Redis server.

Redis pub/sub ignores the database number. Two sites at ``/0`` and ``/1`` of one server would
receive each other's messages if their channels had the same names. The prefix is random, and
stored in the database, which all processes of a site share
(docs/decisions/0016-site-prefix.md).
"""

from __future__ import annotations

from functools import cache
from secrets import token_hex
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.apps.registry import apps as current_apps
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, DataError
from django.db.models.signals import post_migrate

from reference_app.chat.models import Site

SEPARATOR = ":"
"""Ends a prefix. No prefix contains it, so no site's names begin with another site's prefix."""


def site_prefix() -> str:
    """Return the prefix of every name of this site in Redis, with the separator.

    The first call in a process queries the database, unless a setting gives the prefix. So the
    first call must not be made on the thread of an event loop.

    Raises:
        Error: the database cannot be read; the next call tries again.
    """
    return (settings.ENVIRONMENT.redis_prefix or _stored_prefix()) + SEPARATOR


def cache_key(key: str, _key_prefix: str, version: int) -> str:
    """Return the name of a cache entry in Redis (the cache's KEY_FUNCTION).

    Raises:
        Error: see site_prefix.
    """
    return f"{site_prefix()}cache:{version}:{key}"


def renew_prefix() -> None:
    """Give the site a new prefix, because its data is a copy of another site's.

    Running processes keep the prefix that they have read, so call this while none runs.
    """
    Site.objects.update_or_create(pk=Site.ROW, defaults={"prefix": _new_prefix()})
    _stored_prefix.cache_clear()


def create_prefix_after_migrations(config: AppConfig) -> None:
    """Make ``migrate`` and ``flush`` create the prefix of a database that has none."""
    post_migrate.connect(_create_prefix, sender=config)


def _create_prefix(
    *, using: str = DEFAULT_DB_ALIAS, apps: Apps = current_apps, **_signal: Any
) -> None:
    try:
        site = apps.get_model("chat", "Site")
    except LookupError:
        return  # the database has been migrated to a release without this table
    site.objects.using(using).get_or_create(pk=Site.ROW, defaults={"prefix": _new_prefix()})


@cache
def _stored_prefix() -> str:
    prefix: str | None = Site.objects.values_list("prefix", flat=True).first()
    if prefix is None:
        raise DataError("the site has no prefix in its database: run manage.py migrate.")
    return prefix


def _new_prefix() -> str:
    return f"fawran-{token_hex(8)}"
