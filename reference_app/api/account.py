"""HTTP endpoints of the user's own account: profile, password, and signed-in devices."""

from __future__ import annotations

from typing import Annotated

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest
from ninja import Path, Router, Status

from reference_app import protocol
from reference_app.accounts import devices, throttling
from reference_app.accounts.forms import ThrottledPasswordChangeForm
from reference_app.api.responses import current_user, for_read, for_write, with_errors
from reference_app.chat import services
from reference_app.protocol import ErrorCode, Refused

router = Router()

Device = Annotated[protocol.Id, Path()]


@router.put("/profile", response=for_write({200: protocol.Person}))
def change_profile(request: HttpRequest, change: protocol.ProfileChange) -> protocol.Person:
    """Change the user's profile; if the name is empty, the username is shown instead."""
    user = current_user(request)
    services.change_profile(user, change)
    return user.as_person()


@router.put("/password", response=for_write({204: None}, ErrorCode.TOO_MANY_ATTEMPTS))
def change_password(request: HttpRequest, change: protocol.PasswordChange) -> Status[None]:
    """Change the password. This session continues under another key; all others end."""
    user = current_user(request)
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
    services.refresh_sockets(user)
    return Status(204, None)


@router.get("/devices", response=for_read(list[protocol.Device]))
def active_devices(request: HttpRequest) -> list[protocol.Device]:
    """Return the devices on which the user is signed in, the last used first."""
    return devices.active(request)


@router.delete("/devices", response=with_errors({204: None}, ErrorCode.FORBIDDEN))
def end_other_devices(request: HttpRequest) -> Status[None]:
    """Sign out on all other devices."""
    devices.end_others(request)
    services.refresh_sockets(current_user(request))
    return Status(204, None)


@router.delete(
    "/devices/{device}", response=with_errors({204: None}, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND)
)
def end_device(request: HttpRequest, device: Device) -> Status[None]:
    """Sign out on one device; the sockets of its pages are closed at once."""
    devices.end(current_user(request), device)
    services.refresh_sockets(current_user(request))
    return Status(204, None)
