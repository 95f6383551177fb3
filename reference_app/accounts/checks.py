"""System checks that must pass before a site is served."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core import checks


@checks.register(checks.Tags.security, deploy=True)
def check_proxies(**_options: Any) -> list[checks.CheckMessage]:
    """Warn of a site behind a proxy on which everybody would have the proxy's address.

    There one stranger's wrong passwords would make all people wait.
    """
    environment = settings.ENVIRONMENT
    if not environment.https or environment.proxies is not None:
        return []
    return [
        checks.Warning(
            "FAWRAN_PROXIES is not set: say how many proxies of yours stand in front of each "
            "process and set or extend X-Forwarded-For, usually 1; or 0 to trust none.",
            id="accounts.W001",
        )
    ]
