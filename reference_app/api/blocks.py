"""HTTP endpoints for blocking people."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Status

from reference_app import protocol
from reference_app.api.responses import current_user, for_read, with_errors
from reference_app.chat import services
from reference_app.chat.queries.people import load_blocked_people
from reference_app.protocol import ErrorCode

router = Router()

Person = Annotated[protocol.Id, Path()]


@router.get("", response=for_read(list[protocol.Person]))
def blocked_people(request: HttpRequest) -> list[protocol.Person]:
    """Return the people whom the user blocks."""
    return load_blocked_people(current_user(request))


@router.put(
    "/{person}", response=with_errors({204: None}, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND)
)
def block(request: HttpRequest, person: Person) -> Status[None]:
    """Block a person, who does not notice it."""
    services.block(current_user(request), person)
    return Status(204, None)


@router.delete("/{person}", response=with_errors({204: None}, ErrorCode.FORBIDDEN))
def unblock(request: HttpRequest, person: Person) -> Status[None]:
    """Unblock a person."""
    services.unblock(current_user(request), person)
    return Status(204, None)
