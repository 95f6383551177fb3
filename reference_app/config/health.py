"""Whether this process lives, and whether it wants visitors: for balancers and supervisors."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from reference_app.config.draining import is_draining

PATIENCE = 2.0
"""Seconds that Redis may take to answer."""


@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process serves; nothing more is asked of it."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Everything that a chat needs is there; if not, 503 and what is not.

    What the drivers say is for the log: this answer is for anybody.
    """
    reasons = {
        "draining": is_draining(),
        "database": not _database_answers(),
        "redis": not _redis_answers(),
    }
    missing = [name for name, holds in reasons.items() if holds]
    return JsonResponse({"ready": not missing, "reasons": missing}, status=503 if missing else 200)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _redis_answers() -> bool:
    url = settings.ENVIRONMENT.redis_url
    if not url:
        return True
    try:
        with redis.Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        ) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
