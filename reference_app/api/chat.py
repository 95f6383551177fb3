"""HTTP endpoints of the chat, for pages that poll and for scripts.

They call the same services as the WebSocket.
"""

from __future__ import annotations

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
from ninja.operation import Operation
from ninja.security import SessionAuth

from reference_app import protocol
from reference_app.accounts import devices
from reference_app.api.account import router as account
from reference_app.api.blocks import router as blocks
from reference_app.api.files import router as files
from reference_app.api.groups import router as groups
from reference_app.api.responses import STATUS, current_user, for_read, for_write, with_errors
from reference_app.chat import services
from reference_app.chat.files import storage
from reference_app.chat.queries.change_watch import Waiter, change_watch
from reference_app.chat.queries.conversations import load_states
from reference_app.chat.queries.history import HISTORY_LIMIT, load_history
from reference_app.chat.queries.people import find_people, load_profile
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.records.draft import Draft
from reference_app.chat.records.errors import unavailable
from reference_app.protocol import ErrorCode, Refused
from reference_app.runtime.outages import record_failure

PUBLISHED_AS = {
    "reference_app.api.chat": "reference_app_chat_api",
    "reference_app.api.account": "reference_app_accounts_api",
    "reference_app.api.blocks": "reference_app_chat_blocks_api",
    "reference_app.api.files": "reference_app_chat_files_api",
    "reference_app.api.groups": "reference_app_chat_groups_api",
}
"""The first part of the operationIds of each module. These names are public: clients generated
from the OpenAPI document have methods with these names. So they stay when a module moves."""


class ChatApi(NinjaAPI):
    """The HTTP API, with operationIds that do not depend on the path of a module."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the operationId of an endpoint in the OpenAPI document."""
        view = operation.view_func
        return f"{PUBLISHED_AS[view.__module__]}_{view.__name__}"


api = ChatApi(
    title="Fawran chat",
    version="1",
    description="Needs the session cookie and, for requests that write, the X-CSRFToken header.",
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
Since = Annotated[protocol.Cursor, Query("", description="the page's cursor: what it has seen")]
Watching = Annotated[
    int | None, Query(None, description="the open conversation, whose typing notices to return")
]
ShownTyping = Annotated[
    str | None,
    Query(
        None,
        pattern=r"^([1-9][0-9]{0,17}(,[1-9][0-9]{0,17})*)?$",
        max_length=2000,
        description="ids of the people whom the page shows as typing; without it, those who "
        "are typing when the request arrives",
    ),
]


_CHANGED: dict[int, Any] = {200: protocol.Event, 204: None}
_ACTING = (ErrorCode.FORBIDDEN, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND)


def _changed(event: protocol.Event | None) -> Status[protocol.Event | None]:
    """Return the event, so that the requesting page need not wait for it; 204 if there is none."""
    return Status(200, event) if event else Status(204, None)


@api.get("/me", response=for_read(protocol.Person))
def me(request: HttpRequest) -> protocol.Person:
    """Return the signed-in user."""
    return current_user(request).as_person()


@api.get("/people", response=for_read(list[protocol.Person], ErrorCode.TOO_LONG))
def people(
    request: HttpRequest, q: Annotated[protocol.PeopleQuery, Query("")]
) -> list[protocol.Person]:
    """Find other people by a part of their username or name."""
    return find_people(current_user(request), q.strip())


@api.get("/people/{person}", response=for_read(protocol.Profile, ErrorCode.NOT_FOUND))
def profile(request: HttpRequest, person: Annotated[protocol.Id, Path()]) -> protocol.Profile:
    """Return a person's profile."""
    return load_profile(current_user(request), person)


@api.post("/presence", response=for_write({200: protocol.Presence}))
def note_presence(request: HttpRequest) -> protocol.Presence:
    """Record that the user's page is visible; return who else is present."""
    devices.touch(request)
    return services.record_presence(current_user(request))


@api.get("/conversations", response=for_read(list[protocol.ConversationState]))
def conversations(request: HttpRequest) -> list[protocol.ConversationState]:
    """Return all conversations of the user."""
    return load_states(current_user(request))


@api.post(
    "/conversations", response=for_write({200: protocol.ConversationState}, ErrorCode.NOT_FOUND)
)
def make_conversation(
    request: HttpRequest, new: Annotated[protocol.NewConversation, Body()]
) -> protocol.ConversationState:
    """Open a direct conversation, or create a group."""
    match new:
        case protocol.NewDirect():
            return services.open_direct(current_user(request), new.person)
        case protocol.NewGroup():
            return services.create_group(current_user(request), new.title, new.members)


@api.delete(
    "/conversations/{conversation}",
    response=with_errors({204: None}, ErrorCode.FORBIDDEN, ErrorCode.NOT_A_MEMBER),
)
def delete_conversation(request: HttpRequest, conversation: Conversation) -> Status[None]:
    """Permanently delete a conversation with everything in it, for all of its members."""
    services.delete_conversation(current_user(request), conversation)
    return Status(204, None)


@api.get(
    "/conversations/{conversation}/messages",
    response=for_read(protocol.History, ErrorCode.NOT_A_MEMBER),
)
def history(
    request: HttpRequest,
    conversation: Conversation,
    before: Annotated[protocol.Id | None, Query(None)],
    limit: Annotated[int, Query(HISTORY_LIMIT, ge=1, le=protocol.MAX_HISTORY)],
) -> protocol.History:
    """Return the messages just before a seq, or the newest ones."""
    return load_history(current_user(request), conversation, before, limit)


@api.post(
    "/conversations/{conversation}/messages",
    response=for_write(
        {200: protocol.Ack},
        ErrorCode.NOT_A_MEMBER,
        ErrorCode.NOT_FOUND,
        ErrorCode.CLIENT_ID_REUSED,
    ),
)
def send(
    request: HttpRequest, conversation: Conversation, message: protocol.NewMessage
) -> protocol.Ack:
    """Send a message; sending it again returns the first acknowledgement."""
    return services.send(Draft.of(current_user(request), conversation, message))


@api.patch(
    "/conversations/{conversation}/messages/{message}",
    response=for_write(_CHANGED, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND),
)
def edit_message(
    request: HttpRequest,
    conversation: Conversation,
    message: Message,
    rewrite: protocol.EditMessage,
) -> Status[protocol.Event | None]:
    """Change the text of one of the user's messages; 204 if that is its text already."""
    return _changed(
        services.edit_message(current_user(request), conversation, message, rewrite.text)
    )


@api.delete(
    "/conversations/{conversation}/messages/{message}", response=with_errors(_CHANGED, *_ACTING)
)
def remove_message(
    request: HttpRequest, conversation: Conversation, message: Message
) -> Status[protocol.Event | None]:
    """Remove one of the user's messages; 204 if it was removed already."""
    return _changed(services.remove_message(current_user(request), conversation, message))


@api.put(
    "/conversations/{conversation}/messages/{message}/reactions/{emoji}",
    response=with_errors(_CHANGED, ErrorCode.TOO_MANY, *_ACTING),
)
def react(
    request: HttpRequest, conversation: Conversation, message: Message, emoji: Emoji
) -> Status[protocol.Event | None]:
    """Put an emoji on a message; 204 if the user has done so already."""
    return _changed(services.react(current_user(request), conversation, message, emoji, on=True))


@api.delete(
    "/conversations/{conversation}/messages/{message}/reactions/{emoji}",
    response=with_errors(_CHANGED, *_ACTING),
)
def take_reaction_off(
    request: HttpRequest, conversation: Conversation, message: Message, emoji: Emoji
) -> Status[protocol.Event | None]:
    """Take the user's emoji off a message; 204 if it is not there."""
    return _changed(services.react(current_user(request), conversation, message, emoji, on=False))


@api.post(
    "/conversations/{conversation}/typing",
    response=for_write({204: None}, ErrorCode.NOT_A_MEMBER),
)
def note_typing(
    request: HttpRequest, conversation: Conversation, notice: protocol.TypingNotice
) -> Status[None]:
    """Publish that the user is typing, or has stopped."""
    services.publish_typing(current_user(request), conversation, active=notice.active)
    return Status(204, None)


@api.post(
    "/conversations/{conversation}/read",
    response=for_write({204: None}, ErrorCode.NOT_A_MEMBER),
)
def mark_read(
    request: HttpRequest, conversation: Conversation, notice: protocol.ReadNotice
) -> Status[None]:
    """Move the user's read marker forward."""
    services.mark_read(current_user(request), conversation, notice.upto)
    return Status(204, None)


@api.get("/sync", response=for_read(protocol.Changes, ErrorCode.TOO_LONG))
def sync(request: HttpRequest, cursor: Since, watching: Watching) -> protocol.Changes:
    """Return the changes since the cursor: the short poll."""
    return load_changes(current_user(request), cursor, watching)


@api.get("/sync/wait", response=for_read(protocol.Changes, ErrorCode.TOO_LONG))
async def wait(
    request: HttpRequest,
    cursor: Since,
    watching: Watching,
    seconds: Annotated[int, Query(protocol.LONG_POLL_LIMIT, ge=0, le=protocol.LONG_POLL_LIMIT)],
    typing: ShownTyping,
) -> protocol.Changes:
    """Return the changes since the cursor, as soon as there are any: the long poll."""
    user = current_user(request)
    shown = None if typing is None else {int(one) for one in typing.split(",") if one}
    waiter = Waiter(user.pk, watching, protocol.parse_cursor(cursor), shown)
    news = await change_watch.wait(waiter, seconds)
    # Not sync_to_async: this returns the connection to its pool, whichever thread used it.
    return await database_sync_to_async(load_changes)(user, cursor, watching, news)


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Return the error for a path that the API does not have."""
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


# Raised for a form: Django has read its body already, to find a CSRF token.
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
    if storage.is_full(error):
        return _refused(request, storage.no_room())
    raise error


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    return _refused(request, Refused(ErrorCode.UNAUTHENTICATED, "Please sign in."))


@api.exception_handler(Error)
def _unavailable(request: HttpRequest, error: Error) -> HttpResponse:
    record_failure(error)
    return _refused(request, unavailable())
