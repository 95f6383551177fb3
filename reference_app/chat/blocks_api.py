"""The HTTP carrier of whom one blocks."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Status

from reference_app.chat import blocking, protocol, services
from reference_app.chat.answers import or_refused, user_of, when_reading
from reference_app.chat.protocol import ErrorCode

router = Router()

Person = Annotated[protocol.Id, Path()]


@router.get("", response=when_reading(list[protocol.Person]))
def blocked_people(request: HttpRequest) -> list[protocol.Person]:
    """Whom one blocks."""
    return blocking.blocked_people(user_of(request))


@router.put("/{person}", response=or_refused({204: None}, ErrorCode.FORBIDDEN, ErrorCode.NOT_FOUND))
def block(request: HttpRequest, person: Person) -> Status[None]:
    """Block somebody, who learns nothing of it."""
    services.block(user_of(request), person)
    return Status(204, None)


@router.delete("/{person}", response=or_refused({204: None}, ErrorCode.FORBIDDEN))
def unblock(request: HttpRequest, person: Person) -> Status[None]:
    """Block somebody no more."""
    services.unblock(user_of(request), person)
    return Status(204, None)
