"""The first administrator: made once, by whoever can read the server's own output.

A site that hands its administration to the first visitor is taken over by the fastest one,
and a default password by anybody. So the page asks for a code that only the server can
make, by its SECRET_KEY: it is told where the server is started, void after a day, and
void for good once there is anybody.
"""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction

from reference_app.accounts.models import User
from reference_app.config.environment import Mode

CODE_LASTS = 24 * 60 * 60
"""Seconds for which a code is good."""

_SIGNED = "first"


def is_wanted() -> bool:
    """Return whether there is nobody yet, outside the demo, which makes its own people."""
    return settings.ENVIRONMENT.mode is not Mode.DEMO and not User.objects.exists()


def setup_code() -> str:
    """Return a code that lets one person make the first administrator."""
    return _signer().sign(_SIGNED).removeprefix(f"{_SIGNED}:")


def is_good(code: str) -> bool:
    """Return whether this is a code of the server's, and not too old."""
    try:
        _signer().unsign(f"{_SIGNED}:{code.strip()}", max_age=CODE_LASTS)
    except BadSignature:
        return False
    return True


@transaction.atomic
def make_administrator(username: str, password: str, name: str = "") -> User:
    """Make somebody who may do everything, the admin site included."""
    return User.objects.create_superuser(username, password=password, display_name=name)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="accounts.first_admin")
