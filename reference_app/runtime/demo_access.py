"""Lets only this machine use the demo, whose passwords are public."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from reference_app.runtime.environment import Mode
from reference_app.runtime.middleware import middleware

FORWARDING_HEADERS = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP")
"""Headers of proxies and tunnels, which pass on the requests of other machines."""


def may_use_site(request: HttpRequest) -> bool:
    """Return whether a request may be served: in the demo, only one that this machine has sent."""
    if settings.ENVIRONMENT.mode is not Mode.DEMO:
        return True
    if any(name in request.headers for name in FORWARDING_HEADERS):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if may_use_site(request):
        return None
    return HttpResponse(
        "The demo's passwords are public, so it serves this machine only. "
        "For a real site: scripts/run-production.\n",
        content_type="text/plain",
        status=403,
    )


keep_demo_on_this_machine = middleware(refuse=_refusal)
"""Refuses requests to the demo that another machine has sent."""
