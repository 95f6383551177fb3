"""Where people are signed in: their sessions, by names that they know them by.

A session's key opens it, so it never leaves the server: a device has an id of its own.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from reference_app.accounts.browsers import browser_of
from reference_app.accounts.models import Device, User
from reference_app.chat import protocol
from reference_app.chat.frames import millis
from reference_app.chat.protocol import ErrorCode, Refused

TOUCHED_EVERY = timedelta(minutes=1)
"""How often it is stored at most that a device is used."""

MAX_AGENT = 300


def touch(request: HttpRequest) -> None:
    """Note that the device that asks is used; one that is not known yet is from now on."""
    now = timezone.now()
    device = Device.objects.filter(session_key=request.session.session_key).first()
    if device is None:
        _note(request, cast("User", request.user))
    elif device.last_used < now - TOUCHED_EVERY:
        Device.objects.filter(pk=device.pk).update(last_used=now)


def active(request: HttpRequest) -> list[protocol.Device]:
    """Return where the one who asks is signed in, the last used first."""
    touch(request)
    return [
        protocol.Device(
            id=device.pk,
            browser=browser_of(device.agent).name,
            system=browser_of(device.agent).system,
            signed_in=millis(device.signed_in),
            last_used=millis(device.last_used),
            current=device.session_key == request.session.session_key,
        )
        for device in _alive(cast("User", request.user)).order_by("-last_used", "-pk")
    ]


def end(user: User, device_id: int) -> None:
    """Sign out on one of the user's devices.

    Raises:
        Refused: they have no such device, or it is signed out already.
    """
    ended = _end(_alive(user).filter(pk=device_id))
    if not ended:
        raise Refused(ErrorCode.NOT_FOUND, "You are not signed in there any more.")


def end_others(request: HttpRequest) -> None:
    """Sign out everywhere but where the user asks from."""
    others = Device.objects.filter(user=cast("User", request.user))
    _end(others.exclude(session_key=request.session.session_key))


def moved(request: HttpRequest, before: str | None) -> None:
    """Note that the session of the device that asks has another key now."""
    Device.objects.filter(session_key=before).update(session_key=request.session.session_key)


@receiver(user_logged_in, dispatch_uid="accounts.devices")
def _signed_in(request: HttpRequest, user: User, **_signal: Any) -> None:
    if request.session.session_key is None:
        request.session.save()
    _note(request, user)


@receiver(user_logged_out, dispatch_uid="accounts.devices")
def _signed_out(request: HttpRequest, **_signal: Any) -> None:
    Device.objects.filter(session_key=request.session.session_key).delete()


def _note(request: HttpRequest, user: User) -> None:
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT]
    Device.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={"user": user, "agent": agent, "last_used": timezone.now()},
    )


def _alive(user: User) -> QuerySet[Device]:
    """Return the user's devices whose session goes on; forget the others."""
    sessions = Session.objects.filter(expire_date__gt=timezone.now()).values("pk")
    mine = Device.objects.filter(user=user)
    mine.exclude(session_key__in=sessions).delete()
    return mine.filter(session_key__in=sessions)


def _end(found: QuerySet[Device]) -> int:
    keys = list(found.values_list("session_key", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    found.model.objects.filter(session_key__in=keys).delete()
    return len(keys)
