"""Find the user of a session without an HTTP request, for example for a WebSocket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace

from django.conf import settings
from django.contrib import auth
from django.contrib.sessions.models import Session
from django.utils import timezone

from reference_app.accounts.models import Device, User


@dataclass(frozen=True, slots=True)
class Visitor:
    """A signed-in user, the key of the session, and the authentication hash of the user.

    The hash changes with the password, and a session that began with another hash is invalid.
    """

    user: User
    session: str
    auth_hash: str


def visitor(session_key: str) -> Visitor | None:
    """Return the visitor of a session; None if it has no signed-in user."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    # Django's function uses only the session of a request.
    user = auth.get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    if not isinstance(user, User):
        return None
    return Visitor(user, session_key, user.get_session_auth_hash())


def still_signed_in(visitors: Iterable[Visitor]) -> dict[str, User]:
    """Return the users of the sessions that are still valid, by key, with only two queries."""
    by_session = {one.session: one for one in visitors}
    stored = Session.objects.filter(pk__in=by_session, expire_date__gt=timezone.now())
    users = User.objects.filter(is_active=True).in_bulk(
        {one.user.pk for one in by_session.values()}
    )
    return {
        key: user
        for key in stored.values_list("pk", flat=True)
        if (user := users.get(by_session[key].user.pk))
        and user.get_session_auth_hash() == by_session[key].auth_hash
    }


def end_all_sessions() -> int:
    """Sign all users out, on every device; return how many sessions there were.

    The rows are deleted: requests are refused at once, and open sockets are closed after their
    next check with ``still_signed_in``.
    """
    Device.objects.all().delete()
    ended, _models = Session.objects.all().delete()
    return ended
