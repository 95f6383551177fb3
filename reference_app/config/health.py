"""Health endpoints for load balancers and supervisors: whether the process is alive and ready."""

from __future__ import annotations

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from reference_app.runtime.draining import is_draining

REDIS_TIMEOUT_SECONDS = 2.0
"""Seconds that the readiness check waits for Redis."""


@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Report that the process serves; check nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Report whether everything that the chat needs is available; if not, 503 and what is missing.

    The errors of the drivers are left out, because anybody can read this answer.
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
            url, socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
        ) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False
