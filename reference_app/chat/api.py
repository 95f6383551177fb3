"""The HTTP carrier: the same services as the WebSocket, for pages that poll and for scripts."""

from __future__ import annotations

import asyncio
import logging
import time
from http import HTTPStatus
from typing import Annotated, cast

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from ninja import Body, NinjaAPI, Query, Status
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as RequestInvalid
from ninja.security import SessionAuth

from reference_app.accounts.models import User
from reference_app.chat import protocol, reading, services
from reference_app.chat.protocol import ErrorCode, Refused

logger = logging.getLogger(__name__)

LONG_POLL_LOOK_EVERY = 0.25
"""Seconds between two looks of a long poll at the conversations' heads."""

STATUS = {
    ErrorCode.NOT_JSON: HTTPStatus.BAD_REQUEST,
    ErrorCode.UNKNOWN_TYPE: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    ErrorCode.TOO_LONG: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ErrorCode.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    ErrorCode.FORBIDDEN: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_A_MEMBER: HTTPStatus.FORBIDDEN,
    ErrorCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ErrorCode.CLIENT_ID_REUSED: HTTPStatus.CONFLICT,
    ErrorCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}

api = NinjaAPI(
    title="Fawran chat",
    version="1",
    description="Session cookie and, for anything that writes, the X-CSRFToken header.",
    auth=SessionAuth(csrf=True),
    docs_url=None,
)

Since = Annotated[protocol.Cursor, Query("", description="what the page has seen")]
Watching = Annotated[int | None, Query(None, description="the open conversation, for typing")]


@api.get("/me", response=protocol.Person)
def me(request: HttpRequest) -> protocol.Person:
    """Who is signed in."""
    return _user(request).as_person()


@api.get("/people", response=list[protocol.Person])
def people(
    request: HttpRequest, q: Annotated[str, Query("", max_length=150)]
) -> list[protocol.Person]:
    """Other people, by a part of their username or name."""
    return reading.people(_user(request), q.strip())


@api.get("/conversations", response=list[protocol.ConversationState])
def conversations(request: HttpRequest) -> list[protocol.ConversationState]:
    """All conversations of the signed-in person."""
    return reading.conversations(_user(request))


@api.post("/conversations", response=protocol.ConversationState)
def make_conversation(
    request: HttpRequest, new: Annotated[protocol.NewConversation, Body()]
) -> protocol.ConversationState:
    """Open a direct conversation, or make a group."""
    match new:
        case protocol.NewDirect():
            return services.open_direct(_user(request), new.person)
        case protocol.NewGroup():
            return services.create_group(_user(request), new.title, new.members)


@api.get("/conversations/{int:conversation}/messages", response=protocol.History)
def history(
    request: HttpRequest,
    conversation: int,
    before: Annotated[int | None, Query(None, ge=1)],
) -> protocol.History:
    """The messages just before a seq, or the newest."""
    return reading.history(_user(request), conversation, before)


@api.post("/conversations/{int:conversation}/messages", response=protocol.Ack)
def send(request: HttpRequest, conversation: int, message: protocol.Compose) -> protocol.Ack:
    """Write a message; sending it again returns the first acknowledgement."""
    return services.send(_user(request), conversation, message.client_id, message.text)


@api.post("/conversations/{int:conversation}/typing", response={204: None})
def note_typing(
    request: HttpRequest, conversation: int, notice: protocol.TypingNotice
) -> Status[None]:
    """Say that one types, or has stopped."""
    services.note_typing(_user(request), conversation, active=notice.active)
    return Status(204, None)


@api.post("/conversations/{int:conversation}/read", response={204: None})
def mark_read(request: HttpRequest, conversation: int, notice: protocol.ReadNotice) -> Status[None]:
    """Move one's read marker forward."""
    services.mark_read(_user(request), conversation, notice.upto)
    return Status(204, None)


@api.get("/sync", response=protocol.Changes)
def sync(request: HttpRequest, cursor: Since, watching: Watching) -> protocol.Changes:
    """What happened since the cursor: the short poll."""
    return reading.sync(_user(request), cursor, watching)


@api.get("/sync/wait", response=protocol.Changes)
async def wait(
    request: HttpRequest,
    cursor: Since,
    watching: Watching,
    seconds: Annotated[int, Query(protocol.LONG_POLL_LIMIT, ge=0, le=protocol.LONG_POLL_LIMIT)],
) -> protocol.Changes:
    """What happened since the cursor, as soon as something did: the long poll."""
    user = _user(request)
    known = protocol.parse_cursor(cursor)
    deadline = time.monotonic() + seconds
    typing = await sync_to_async(reading.typing)(user, watching)
    while time.monotonic() < deadline:
        if await sync_to_async(reading.heads)(user) != known:
            break
        if await sync_to_async(reading.typing)(user, watching) != typing:
            break
        await asyncio.sleep(LONG_POLL_LOOK_EVERY)
    return await sync_to_async(reading.sync)(user, cursor, watching)


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return api.create_response(
        request, refused.frame().model_dump(mode="json"), status=STATUS[refused.code]
    )


@api.exception_handler(RequestInvalid)
def _invalid(request: HttpRequest, invalid: RequestInvalid) -> HttpResponse:
    first = invalid.errors[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    return _refused(request, Refused(protocol.code_of(first["type"]), f"{field}: {first['msg']}"))


@api.exception_handler(HttpError)
def _not_json(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = (
        ErrorCode.NOT_JSON if error.status_code == HTTPStatus.BAD_REQUEST else ErrorCode.FORBIDDEN
    )
    return _refused(request, Refused(code, str(error)))


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return _refused(request, Refused(ErrorCode.UNAUTHENTICATED, "Please sign in."))


@api.exception_handler(DatabaseError)
def _unavailable(request: HttpRequest, error: DatabaseError) -> HttpResponse:
    logger.error("database: %s", error)
    return _refused(request, Refused(ErrorCode.UNAVAILABLE, "The database does not answer."))


def _user(request: HttpRequest) -> User:
    # SessionAuth has let nobody else in. Loaded by it already, so no query here.
    return cast("User", request.user)
