"""The devices on which users are signed in: their sessions, under names that they recognize.

A session's key gives access to it, so it never leaves the server: a device has its own id.
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

from reference_app import protocol
from reference_app.accounts.browsers import browser_of
from reference_app.accounts.models import Device, User
from reference_app.protocol import ErrorCode, Refused
from reference_app.protocol.times import millis

TOUCH_INTERVAL = timedelta(minutes=1)
"""The use of a device is stored at most once in this time."""

MAX_AGENT = 300


def touch(request: HttpRequest) -> None:
    """Store that the device of a request is used; add the device if it is unknown."""
    now = timezone.now()
    device = Device.objects.filter(session_key=request.session.session_key).first()
    if device is None:
        _store(request, cast("User", request.user))
    elif device.last_used < now - TOUCH_INTERVAL:
        Device.objects.filter(pk=device.pk).update(last_used=now)


def active(request: HttpRequest) -> list[protocol.Device]:
    """Return the devices on which the requesting user is signed in, the last used first."""
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
        for device in _with_valid_session(cast("User", request.user)).order_by("-last_used", "-pk")
    ]


def end(user: User, device_id: int) -> None:
    """Sign the user out on one of their devices.

    Raises:
        Refused: there is no such device, or it is already signed out.
    """
    ended = _delete_with_sessions(_with_valid_session(user).filter(pk=device_id))
    if not ended:
        raise Refused(ErrorCode.NOT_FOUND, "You are not signed in there any more.")


def end_others(request: HttpRequest) -> None:
    """Sign the user out on all devices but the requesting one."""
    others = Device.objects.filter(user=cast("User", request.user))
    _delete_with_sessions(others.exclude(session_key=request.session.session_key))


def moved(request: HttpRequest, before: str | None) -> None:
    """Store the new session key of the requesting device; ``before`` is the old one."""
    Device.objects.filter(session_key=before).update(session_key=request.session.session_key)


@receiver(user_logged_in, dispatch_uid="accounts.devices")
def _signed_in(request: HttpRequest, user: User, **_signal: Any) -> None:
    if request.session.session_key is None:
        request.session.save()
    _store(request, user)


@receiver(user_logged_out, dispatch_uid="accounts.devices")
def _signed_out(request: HttpRequest, **_signal: Any) -> None:
    Device.objects.filter(session_key=request.session.session_key).delete()


def _store(request: HttpRequest, user: User) -> None:
    agent = request.headers.get("User-Agent", "")[:MAX_AGENT]
    Device.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={"user": user, "agent": agent, "last_used": timezone.now()},
    )


def _with_valid_session(user: User) -> QuerySet[Device]:
    """Return the user's devices whose session is valid; delete the others."""
    sessions = Session.objects.filter(expire_date__gt=timezone.now()).values("pk")
    mine = Device.objects.filter(user=user)
    mine.exclude(session_key__in=sessions).delete()
    return mine.filter(session_key__in=sessions)


def _delete_with_sessions(devices: QuerySet[Device]) -> int:
    keys = list(devices.values_list("session_key", flat=True))
    Session.objects.filter(pk__in=keys).delete()
    devices.model.objects.filter(session_key__in=keys).delete()
    return len(keys)
