"""The first administrator, created once by a person who can read the server's output.

If the first visitor became administrator, the fastest one would take over the site; with a
default password, anybody could. So the page asks for a code that only the server can create,
with its SECRET_KEY. The code is printed where the server is started. It expires after a day, and
is useless once there is any user.
"""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction

from reference_app.accounts.models import User
from reference_app.runtime.environment import Mode

CODE_LIFETIME_SECONDS = 24 * 60 * 60
"""Seconds for which a code is valid."""

_SIGNED = "first"


def is_wanted() -> bool:
    """Return whether there are no users yet; false in the demo, which creates its own."""
    return settings.ENVIRONMENT.mode is not Mode.DEMO and not User.objects.exists()


def setup_code() -> str:
    """Return a code with which one person can create the first administrator."""
    return _signer().sign(_SIGNED).removeprefix(f"{_SIGNED}:")


def is_good(code: str) -> bool:
    """Return whether this is a code of this server that has not expired."""
    try:
        _signer().unsign(f"{_SIGNED}:{code.strip()}", max_age=CODE_LIFETIME_SECONDS)
    except BadSignature:
        return False
    return True


@transaction.atomic
def make_administrator(username: str, password: str, name: str = "") -> User:
    """Create a user with all permissions, including the admin site."""
    return User.objects.create_superuser(username, password=password, display_name=name)


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="accounts.first_admin")
