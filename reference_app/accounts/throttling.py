"""Throttle wrong passwords by account and address, with django-axes.

django-axes stores the failures in the database, which all processes and hosts share, and its
authentication backend refuses an attempt before the password is checked. This module gives it
three limits instead of one (docs/decisions/0012-log-in-throttling.md).
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Lock
from typing import Any, TypeVar

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_credentials
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.db import connection
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import ngettext

from reference_app.accounts.attempt_limits import Failures, wait_until_below
from reference_app.accounts.models import User
from reference_app.runtime.environment import SignInLimits

KNOWN_ADDRESS_LASTS = timedelta(days=30)
"""How long an address counts as known after a user has signed in there."""

_MAX_COUNTED_NAME = 255
"""The size of the table's column; folding the case makes some names three times as long."""

Response = TypeVar("Response", bound=HttpResponseBase)

_checking = Lock()


class ThrottlingHandler(AxesDatabaseHandler):  # type: ignore[misc]
    """The database handler of django-axes, with three limits and a table that stays small."""

    def get_failures(self, request: HttpRequest, credentials: Any = None) -> int:
        """Return 1 if a limit is reached and 0 otherwise; AXES_FAILURE_LIMIT is 1."""
        return int(self.wait(request, credentials) > timedelta())

    def wait(self, request: Any, credentials: Any) -> timedelta:
        """Return how long this account has to wait at this address; zero if it may try."""
        limits: SignInLimits = settings.ENVIRONMENT.sign_in
        account, address = counted_name(request, credentials), request.axes_ip_address
        now = request.axes_attempt_time
        found = _recent_failures(account, address, since=now - limits.pause)
        both = [one for one in found if (one.account, one.address) == (account, address)]
        at_address = [one for one in found if one.address == address]
        wide = wait_until_below(limits.per_address, at_address, limits.pause, now)
        if account:
            of_account = [one for one in found if one.account == account]
            wide = max(wide, wait_until_below(limits.per_account, of_account, limits.pause, now))
        if wide and _has_signed_in(address, credentials):
            wide = timedelta()
        return max(wide, wait_until_below(limits.failures, both, limits.pause, now))

    def user_logged_in(self, sender: Any, request: Any, user: Any, **signal: Any) -> None:
        """Store where a user signed in; delete the older rows for it, and all expired rows."""
        again = Q(username=user.get_username(), ip_address=request.axes_ip_address)
        old = Q(attempt_time__lt=timezone.now() - KNOWN_ADDRESS_LASTS)
        AccessLog.objects.filter(again | old).delete()
        super().user_logged_in(sender, request, user, **signal)


def counted_name(_request: HttpRequest, credentials: Any) -> str:
    """Return the name under which failures of an account count; empty for the setup code.

    Other spellings of a name count as the same name: in capitals, in full-width letters.
    """
    name = (credentials or {}).get("username") or ""
    folded = unicodedata.normalize("NFKC", name).strip().casefold()
    return folded[:_MAX_COUNTED_NAME]


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Allow only one password at a time to be checked and counted in this process.

    Otherwise many that arrive together would all be checked before the first is counted.
    """
    if not _checking.acquire(blocking=False):
        if not connection.in_atomic_block:
            # The attempt that is being checked may need it: a pool has only a few connections.
            connection.close()
        _checking.acquire()
    try:
        yield
    finally:
        _checking.release()


def is_own_password(request: HttpRequest, user: User, password: str) -> bool:
    """Return whether a password is the signed-in user's; a wrong one is counted."""
    with one_at_a_time():
        found = authenticate(request, username=user.get_username(), password=password)
    return found is not None


def is_right_code(request: HttpRequest, *, is_right: bool) -> bool:
    """Return whether a code of no account is right, and may be tried at this address.

    A wrong one is counted.
    """
    with one_at_a_time():
        if not AxesProxyHandler.is_allowed(request, get_credentials()):
            request.axes_locked_out = True  # type: ignore[attr-defined]
            is_right = False
        if not is_right:
            user_login_failed.send(__name__, credentials=get_credentials(), request=request)
    return is_right


def forgive(request: HttpRequest, user: User) -> None:
    """Delete the failures of an account at the address of a request."""
    handler = AxesProxyHandler.get_implementation()
    handler.reset_user_attempts(request, get_credentials(user.get_username()))


def seconds_to_wait(request: HttpRequest) -> int:
    """Return for how many seconds attempts like this request's last are refused; 0 if none."""
    if not getattr(request, "axes_locked_out", False):
        return 0
    handler = AxesProxyHandler.get_implementation()
    wait: timedelta = handler.wait(request, request.axes_credentials)  # type: ignore[attr-defined]
    return math.ceil(wait.total_seconds())


def sentence(seconds: int) -> str:
    """Return the message for a person who has to wait."""
    minutes = math.ceil(seconds / 60)
    return ngettext(
        "Too many attempts. Please wait %(count)d minute, then try again.",
        "Too many attempts. Please wait %(count)d minutes, then try again.",
        minutes,
    ) % {"count": minutes}


def with_wait(request: HttpRequest, response: Response) -> Response:
    """Return the answer to an attempt, with status 429 and Retry-After if it was refused."""
    seconds = seconds_to_wait(request)
    if seconds:
        response.status_code = 429
        response.headers["Retry-After"] = str(seconds)
    return response


def _recent_failures(account: str, address: str, *, since: Any) -> list[Failures]:
    """Return the failures for the limits; they have at most as many rows as the limits' sum."""
    of_either = Q(ip_address=address) | Q(username=account) if account else Q(ip_address=address)
    stored = AccessAttempt.objects.filter(of_either, attempt_time__gt=since)
    columns = ("username", "ip_address", "failures_since_start", "attempt_time")
    return [Failures(*row) for row in stored.order_by().values_list(*columns)]


def _has_signed_in(address: str, credentials: Any) -> bool:
    """Return whether the account of an attempt has recently signed in at this address."""
    known: bool = AccessLog.objects.filter(
        username=(credentials or {}).get("username"),
        ip_address=address,
        attempt_time__gte=timezone.now() - KNOWN_ADDRESS_LASTS,
    ).exists()
    return known
