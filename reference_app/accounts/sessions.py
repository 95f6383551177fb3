"""Who a session belongs to, for carriers that are no HTTP requests."""

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
    """Somebody who is signed in, by which session, and the hash that voids it.

    The hash changes with the password: a session begun under another is over.
    """

    user: User
    session: str
    auth_hash: str


def visitor(session_key: str) -> Visitor | None:
    """Return who is signed in by a session, if anybody is."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    # All that Django's own function asks of a request is its session.
    user = auth.get_user(SimpleNamespace(session=session))  # type: ignore[arg-type]
    if not isinstance(user, User):
        return None
    return Visitor(user, session_key, user.get_session_auth_hash())


def still_signed_in(visitors: Iterable[Visitor]) -> dict[str, User]:
    """Return whose the sessions are, of these, that go on: two queries, however many there are."""
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
    """Sign everybody out, on every device; return how many sessions there were.

    The rows are deleted: open sockets find out by ``still_signed_in``, requests at once.
    """
    Device.objects.all().delete()
    ended, _models = Session.objects.all().delete()
    return ended
