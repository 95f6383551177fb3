"""Health endpoints for load balancers and supervisors: whether the process is alive and ready."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from reference_app.config.shared_probe import SharedProbe
from reference_app.runtime import outages
from reference_app.runtime.draining import is_draining
from reference_app.runtime.probes import probe_database, probe_redis

_PROBES = {
    "database": (SharedProbe(probe_database), outages.database),
    "redis": (SharedProbe(probe_redis), outages.channel_layer),
}


@never_cache
def healthz(_request: HttpRequest) -> HttpResponse:
    """Report that the process serves; check nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
def readyz(_request: HttpRequest) -> HttpResponse:
    """Report whether everything that the chat needs is available; if not, 503 and what is missing.

    The errors of the drivers are left out, because anybody can read this answer.
    """
    missing = ["draining"] if is_draining() else []
    for probe, _outage in _PROBES.values():
        probe.start()
    for name, (probe, outage) in _PROBES.items():
        if error := probe.error():
            outage.failed(error)
            missing.append(name)
    return JsonResponse({"ready": not missing, "reasons": missing}, status=503 if missing else 200)
