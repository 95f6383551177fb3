"""The HTTP carrier of one's own account: profile, password, and where one is signed in."""

from __future__ import annotations

from typing import Annotated

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from ninja import Path, Router, Status

from reference_app.accounts import devices, throttling
from reference_app.accounts.forms import ThrottledPasswordChangeForm
from reference_app.chat import protocol, publish
from reference_app.chat.answers import or_refused, user_of, when_reading, when_writing
from reference_app.chat.protocol import ErrorCode, Refused

router = Router()

Device = Annotated[protocol.Id, Path()]


@router.put("/profile", response=when_writing({200: protocol.Person}))
def change_profile(request: HttpRequest, change: protocol.ProfileChange) -> protocol.Person:
    """Change what others read about oneself; without a name it is the username."""
    user = user_of(request)
    user.display_name, user.about = change.name, change.about
    user.save(update_fields=["display_name", "about"])
    publish.publish_standing_from_thread([user.pk])
    return user.as_person()


@router.put("/password", response=when_writing({204: None}, ErrorCode.TOO_MANY_ATTEMPTS))
def change_password(request: HttpRequest, change: protocol.PasswordChange) -> Status[None]:
    """Change the password. This session goes on, under another key; all others are over."""
    user = user_of(request)
    fields = {"old_password": change.old, "new_password1": change.new, "new_password2": change.new}
    form = ThrottledPasswordChangeForm(request, user, fields)
    if not form.is_valid():
        seconds = throttling.seconds_to_wait(request)
        if seconds:
            raise Refused(
                ErrorCode.TOO_MANY_ATTEMPTS, throttling.sentence(seconds), retry_after=seconds
            )
        reasons = [reason for reasons in form.errors.values() for reason in reasons]
        raise Refused(ErrorCode.INVALID, " ".join(map(str, dict.fromkeys(reasons))))
    form.save()
    before = request.session.session_key
    update_session_auth_hash(request, user)
    devices.moved(request, before)
    devices.end_others(request)
    publish.publish_standing_from_thread([user.pk])
    return Status(204, None)


@router.get("/devices", response=when_reading(list[protocol.Device]))
def active_devices(request: HttpRequest) -> list[protocol.Device]:
    """Where one is signed in, the last used first."""
    return devices.active(request)


@router.delete("/devices", response=or_refused({204: None}, ErrorCode.FORBIDDEN))
def end_other_devices(request: HttpRequest) -> Status[None]:
    """Sign out everywhere but here."""
    devices.end_others(request)
    publish.publish_standing_from_thread([user_of(request).pk])
    return Status(204, None)


@router.delete(
    "/devices/{device}", response=or_refused({204: None}, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND)
)
def end_device(request: HttpRequest, device: Device) -> Status[None]:
    """Sign out there; its open pages end at once."""
    devices.end(user_of(request), device)
    publish.publish_standing_from_thread([user_of(request).pk])
    return Status(204, None)
