"""Headers that every response has: which browser features its page may use, and who may embed it.

The proxies set the same headers (deploy/proxy/server.conf).
"""

from __future__ import annotations

from django.http import HttpResponseBase

from reference_app.runtime.middleware import middleware

UNUSED_FEATURES = (
    *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer"),
    *("microphone", "midi", "payment", "usb"),
)
SECURITY_HEADERS = {
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
    "Cross-Origin-Resource-Policy": "same-origin",
}


def _complete(response: HttpResponseBase) -> HttpResponseBase:
    for name, value in SECURITY_HEADERS.items():
        response.headers[name] = value
    return response


add_security_headers = middleware(complete=_complete)
"""Adds the headers to every response of Django."""
