"""Decides which pages may open sockets and change something: those of the site's own origins.

An origin is a scheme, a host and a port (RFC 6454). All three have to match.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure

from reference_app.runtime.middleware import middleware

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def canonical_origin(text: str) -> str:
    """Return an origin in lower case and without the default port; empty if it is not one."""
    try:
        parts = urlsplit(text.lower())
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in _DEFAULT_PORTS or text.lower() != f"{parts.scheme}://{parts.netloc}":
        return ""
    if not parts.hostname or set("@*") & set(parts.netloc):
        return ""
    if port in {None, _DEFAULT_PORTS[parts.scheme]}:
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{parts.netloc}"


def is_own_origin(request: HttpRequest) -> bool:
    """Return whether a request comes from a page of the site.

    FAWRAN_ORIGINS lists the site's origins. Without it, a page may only use the address that it
    was loaded from: its origin is compared with the Host header, which a page cannot change. The
    host has to be in ALLOWED_HOSTS in both cases, so that a foreign name for our address
    (DNS rebinding) is refused.
    """
    try:
        host = request.get_host()
    except DisallowedHost:
        return False
    environment = settings.ENVIRONMENT
    scheme = "https" if environment.https or request.is_secure() else "http"
    own = environment.origins or (canonical_origin(f"{scheme}://{host}"),)
    return canonical_origin(request.headers.get("Origin", "")) in own


def _refusal(request: HttpRequest) -> HttpResponse | None:
    if request.method in _SAFE_METHODS or "Origin" not in request.headers:
        return None
    if is_own_origin(request):
        return None
    return csrf_failure(request, reason="the page belongs to another origin")


refuse_foreign_origins = middleware(refuse=_refusal)
"""Refuses changes by pages of other origins, by the same rule as for sockets.

Django's check of CSRF tokens follows; it also accepts requests without the Origin header.
"""
