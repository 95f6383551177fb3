"""Prepare a release before its processes start: check the settings, migrate the database.

The container `migrate` runs it, and so does production on one host (production.py).
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from reference_app.serving.manage import manage
from reference_app.serving.processes import ServingError
from reference_app.serving.reachable import check_database, check_redis, given


def prepare() -> None:
    """Refuse missing or unsafe settings, and migrate the database.

    With FAWRAN_SERVED_BEFORE=on this release has served the database before. Then the database
    may have migrations of a later release, whose update was refused after it had made them.

    Raises:
        ServingError: something is missing or unsafe; the message is one line that says what.
    """
    refuse_unsafe()
    prepare_database(
        dict(os.environ) | {"FAWRAN_MODE": "production"},
        served_before=os.environ.get("FAWRAN_SERVED_BEFORE") == "on",
    )
    print("The settings are safe, and the database is of this release.")


def refuse_unsafe() -> None:
    """Refuse what the settings cannot check, or can check only once Django has loaded.

    Raises:
        ServingError: the message says what to do.
    """
    if (os.environ.get("FAWRAN_MODE") or "production") != "production":
        raise ServingError("FAWRAN_MODE is not production: unset it.")
    if not given("REDIS_URL"):
        raise ServingError(
            "REDIS_URL is not set: several processes need a Redis between them, "
            "for example redis://localhost:6379/0."
        )
    layer = os.environ.get("CHANNEL_LAYER")
    if layer in {"memory", "none"}:
        raise ServingError(
            f"CHANNEL_LAYER={layer} carries nothing from one process to another: unset it."
        )
    check_redis(given("REDIS_URL"))
    check_database(given("DATABASE_URL"))


def prepare_database(environment: Mapping[str, str], *, served_before: bool = False) -> None:
    """Check the settings as strictly as Django can, and migrate the database to this release.

    Raises:
        ServingError: a check failed, or the database is newer and this release has not
            served it before, or it contains demo passwords.
    """
    manage(environment, "check", "--deploy", "--fail-level", "WARNING")
    if not served_before:
        manage(environment, "refuse_newer_database")
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "refuse_demo_passwords")
