"""The HTTP carrier: the same services as the WebSocket, for pages that poll and for scripts."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Annotated, Any

from channels.db import database_sync_to_async
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import Error
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.views.decorators.csrf import csrf_exempt
from ninja import Body, NinjaAPI, Path, Query, Status
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as RequestInvalid
from ninja.security import SessionAuth

from reference_app.accounts import devices
from reference_app.accounts.api import router as account
from reference_app.chat import file_store, presence, protocol, reading, services
from reference_app.chat.answers import STATUS, or_refused, user_of, when_reading, when_writing
from reference_app.chat.blocks_api import router as blocks
from reference_app.chat.change_watch import Waiter, change_watch
from reference_app.chat.files_api import router as files
from reference_app.chat.groups_api import router as groups
from reference_app.chat.protocol import ErrorCode, Refused

logger = logging.getLogger(__name__)

api = NinjaAPI(
    title="Fawran chat",
    version="1",
    description="Session cookie and, for anything that writes, the X-CSRFToken header.",
    auth=SessionAuth(csrf=True),
    docs_url=None,
)
api.add_router("/me", account)
api.add_router("/me/blocks", blocks)
api.add_router("/conversations", groups)
api.add_router("", files)

Conversation = Annotated[protocol.Id, Path()]
Message = Annotated[protocol.Id, Path()]
Emoji = Annotated[protocol.Emoji, Path()]
Since = Annotated[protocol.Cursor, Query("", description="what the page has seen")]
Watching = Annotated[int | None, Query(None, description="the open conversation, for typing")]
ShownTyping = Annotated[
    str | None,
    Query(
        None,
        pattern=r"^([1-9][0-9]{0,17}(,[1-9][0-9]{0,17})*)?$",
        max_length=2000,
        description="ids of who the page shows to type; without it, who types when it asks",
    ),
]


_CHANGED: dict[int, Any] = {200: protocol.Event, 204: None}
_ACTING = (ErrorCode.FORBIDDEN, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND)


def _changed(event: protocol.Event | None) -> Status[protocol.Event | None]:
    """Answer with what has happened, so that the page that asked need not wait to hear of it."""
    return Status(200, event) if event else Status(204, None)


@api.get("/me", response=when_reading(protocol.Person))
def me(request: HttpRequest) -> protocol.Person:
    """Who is signed in."""
    return user_of(request).as_person()


@api.get("/people", response=when_reading(list[protocol.Person], ErrorCode.TOO_LONG))
def people(request: HttpRequest, q: Annotated[protocol.Search, Query("")]) -> list[protocol.Person]:
    """Other people, by a part of their username or name."""
    return reading.people(user_of(request), q.strip())


@api.get("/people/{person}", response=when_reading(protocol.Profile, ErrorCode.NOT_FOUND))
def profile(request: HttpRequest, person: Annotated[protocol.Id, Path()]) -> protocol.Profile:
    """Somebody's profile."""
    return reading.profile(user_of(request), person)


@api.post("/presence", response=when_writing({200: protocol.Presence}))
def note_presence(request: HttpRequest) -> protocol.Presence:
    """Say that one is looking at the page; who else is."""
    devices.touch(request)
    return presence.note(user_of(request))


@api.get("/conversations", response=when_reading(list[protocol.ConversationState]))
def conversations(request: HttpRequest) -> list[protocol.ConversationState]:
    """All conversations of the signed-in person."""
    return reading.conversations(user_of(request))


@api.post(
    "/conversations", response=when_writing({200: protocol.ConversationState}, ErrorCode.NOT_FOUND)
)
def make_conversation(
    request: HttpRequest, new: Annotated[protocol.NewConversation, Body()]
) -> protocol.ConversationState:
    """Open a direct conversation, or make a group."""
    match new:
        case protocol.NewDirect():
            return services.open_direct(user_of(request), new.person)
        case protocol.NewGroup():
            return services.create_group(user_of(request), new.title, new.members)


@api.delete(
    "/conversations/{conversation}",
    response=or_refused({204: None}, ErrorCode.FORBIDDEN, ErrorCode.NOT_A_MEMBER),
)
def delete_conversation(request: HttpRequest, conversation: Conversation) -> Status[None]:
    """Delete a conversation with everything in it, for all of its members, for good."""
    services.delete_conversation(user_of(request), conversation)
    return Status(204, None)


@api.get(
    "/conversations/{conversation}/messages",
    response=when_reading(protocol.History, ErrorCode.NOT_A_MEMBER),
)
def history(
    request: HttpRequest,
    conversation: Conversation,
    before: Annotated[protocol.Id | None, Query(None)],
    limit: Annotated[int, Query(reading.HISTORY_LIMIT, ge=1, le=protocol.MAX_HISTORY)],
) -> protocol.History:
    """The messages just before a seq, or the newest."""
    return reading.history(user_of(request), conversation, before, limit)


@api.post(
    "/conversations/{conversation}/messages",
    response=when_writing(
        {200: protocol.Ack},
        ErrorCode.NOT_A_MEMBER,
        ErrorCode.NOT_FOUND,
        ErrorCode.CLIENT_ID_REUSED,
    ),
)
def send(
    request: HttpRequest, conversation: Conversation, message: protocol.Compose
) -> protocol.Ack:
    """Write a message; sending it again returns the first acknowledgement."""
    return services.send(
        user_of(request),
        conversation,
        message.client_id,
        message.text,
        message.reply_to,
        message.files,
    )


@api.patch(
    "/conversations/{conversation}/messages/{message}",
    response=when_writing(_CHANGED, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND),
)
def edit_message(
    request: HttpRequest, conversation: Conversation, message: Message, rewrite: protocol.Rewrite
) -> Status[protocol.Event | None]:
    """Change what a message of one's own says; 204 if it says that already."""
    return _changed(services.edit_message(user_of(request), conversation, message, rewrite.text))


@api.delete(
    "/conversations/{conversation}/messages/{message}", response=or_refused(_CHANGED, *_ACTING)
)
def remove_message(
    request: HttpRequest, conversation: Conversation, message: Message
) -> Status[protocol.Event | None]:
    """Remove a message of one's own; 204 if it was already."""
    return _changed(services.remove_message(user_of(request), conversation, message))


@api.put(
    "/conversations/{conversation}/messages/{message}/reactions/{emoji}",
    response=or_refused(_CHANGED, ErrorCode.TOO_MANY, *_ACTING),
)
def react(
    request: HttpRequest, conversation: Conversation, message: Message, emoji: Emoji
) -> Status[protocol.Event | None]:
    """Put an emoji on a message; 204 if one has already."""
    return _changed(services.react(user_of(request), conversation, message, emoji, on=True))


@api.delete(
    "/conversations/{conversation}/messages/{message}/reactions/{emoji}",
    response=or_refused(_CHANGED, *_ACTING),
)
def take_reaction_off(
    request: HttpRequest, conversation: Conversation, message: Message, emoji: Emoji
) -> Status[protocol.Event | None]:
    """Take one's own emoji off a message; 204 if it is not there."""
    return _changed(services.react(user_of(request), conversation, message, emoji, on=False))


@api.post(
    "/conversations/{conversation}/typing",
    response=when_writing({204: None}, ErrorCode.NOT_A_MEMBER),
)
def note_typing(
    request: HttpRequest, conversation: Conversation, notice: protocol.TypingNotice
) -> Status[None]:
    """Say that one types, or has stopped."""
    services.note_typing(user_of(request), conversation, active=notice.active)
    return Status(204, None)


@api.post(
    "/conversations/{conversation}/read",
    response=when_writing({204: None}, ErrorCode.NOT_A_MEMBER),
)
def mark_read(
    request: HttpRequest, conversation: Conversation, notice: protocol.ReadNotice
) -> Status[None]:
    """Move one's read marker forward."""
    services.mark_read(user_of(request), conversation, notice.upto)
    return Status(204, None)


@api.get("/sync", response=when_reading(protocol.Changes, ErrorCode.TOO_LONG))
def sync(request: HttpRequest, cursor: Since, watching: Watching) -> protocol.Changes:
    """What happened since the cursor: the short poll."""
    return reading.sync(user_of(request), cursor, watching)


@api.get("/sync/wait", response=when_reading(protocol.Changes, ErrorCode.TOO_LONG))
async def wait(
    request: HttpRequest,
    cursor: Since,
    watching: Watching,
    seconds: Annotated[int, Query(protocol.LONG_POLL_LIMIT, ge=0, le=protocol.LONG_POLL_LIMIT)],
    typing: ShownTyping,
) -> protocol.Changes:
    """What happened since the cursor, as soon as something did: the long poll."""
    user = user_of(request)
    shown = None if typing is None else {int(one) for one in typing.split(",") if one}
    waiter = Waiter(user.pk, watching, protocol.parse_cursor(cursor), shown)
    news = await change_watch.wait(waiter, seconds)
    # Not sync_to_async: the connection goes back to its pool, whichever thread it is of.
    return await database_sync_to_async(reading.sync)(user, cursor, watching, news)


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Answer for an address that is none of the API's."""
    return _refused(request, Refused(ErrorCode.NOT_FOUND, "There is nothing at this address."))


@api.exception_handler(Refused)
def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    answer = api.create_response(
        request, refused.frame().model_dump(mode="json"), status=STATUS[refused.code]
    )
    if refused.retry_after is not None:
        answer.headers["Retry-After"] = str(refused.retry_after)
    return answer


@api.exception_handler(RequestInvalid)
def _invalid(request: HttpRequest, invalid: RequestInvalid) -> HttpResponse:
    first = invalid.errors[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    return _refused(request, Refused(protocol.code_of(first["type"]), f"{field}: {first['msg']}"))


@api.exception_handler(HttpError)
def _not_served(request: HttpRequest, error: HttpError) -> HttpResponse:
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return _not_json(request, error)
    return _refused(request, Refused(ErrorCode.FORBIDDEN, str(error)))


# Of a form: Django has read its body already, looking for a CSRF token.
@api.exception_handler(RawPostDataException)
def _not_json(request: HttpRequest, _error: Exception) -> HttpResponse:
    return _refused(request, Refused(ErrorCode.NOT_JSON, "The body is not JSON."))


@api.exception_handler(RequestDataTooBig)
def _too_long(request: HttpRequest, _error: RequestDataTooBig) -> HttpResponse:
    return _refused(request, Refused(ErrorCode.TOO_LONG, "The body is too long."))


@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def _no_form(request: HttpRequest, _error: Exception) -> HttpResponse:
    return _refused(request, Refused(ErrorCode.INVALID, "The form cannot be read."))


@api.exception_handler(OSError)
def _no_room(request: HttpRequest, error: OSError) -> HttpResponse:
    if file_store.is_full(error):
        return _refused(request, file_store.no_room())
    raise error


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return _refused(request, Refused(ErrorCode.UNAUTHENTICATED, "Please sign in."))


@api.exception_handler(Error)
def _unavailable(request: HttpRequest, error: Error) -> HttpResponse:
    logger.error("database: %s", error)
    return _refused(request, Refused(ErrorCode.UNAVAILABLE, "The database does not answer."))
