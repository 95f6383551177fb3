"""System checks that must pass before a site is served."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def check_proxies(**_options: Any) -> list[checks.CheckMessage]:
    """Warn if a site is behind a proxy and every client would have the proxy's address.

    On such a site the wrong passwords of one client would make all users wait.
    """
    environment = settings.ENVIRONMENT
    if not environment.https or environment.proxies is not None:
        return []
    return [
        checks.Warning(
            "FAWRAN_PROXIES is not set: set it to the number of your proxies that set or "
            "extend X-Forwarded-For in front of each process, usually 1; or to 0 to trust none.",
            id="accounts.W001",
        )
    ]
