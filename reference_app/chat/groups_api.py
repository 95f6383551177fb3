"""The HTTP carrier of what one does with a group, and with one's own view of a conversation.

Nothing is answered but that it is done: the events tell, as they tell everybody else.
"""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Status

from reference_app.chat import protocol, services
from reference_app.chat.answers import or_refused, user_of, when_writing
from reference_app.chat.protocol import ErrorCode

router = Router()

Conversation = Annotated[protocol.Id, Path()]
Person = Annotated[protocol.Id, Path()]

_DONE = {204: None}


@router.put("/{conversation}/title", response=when_writing(_DONE, ErrorCode.NOT_A_MEMBER))
def rename_group(
    request: HttpRequest, conversation: Conversation, renaming: protocol.Renaming
) -> Status[None]:
    """Give a group another title."""
    services.rename_group(user_of(request), conversation, renaming.title)
    return Status(204, None)


@router.post(
    "/{conversation}/members",
    response=when_writing(_DONE, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND),
)
def add_members(
    request: HttpRequest, conversation: Conversation, new: protocol.NewMembers
) -> Status[None]:
    """Bring people into a group; who is in it already is passed over."""
    services.add_members(user_of(request), conversation, new.members)
    return Status(204, None)


@router.delete(
    "/{conversation}/members/{person}",
    response=or_refused(_DONE, ErrorCode.FORBIDDEN, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND),
)
def remove_member(request: HttpRequest, conversation: Conversation, person: Person) -> Status[None]:
    """Remove somebody from a group of one's own, or leave any group oneself."""
    services.remove_member(user_of(request), conversation, person)
    return Status(204, None)


@router.put(
    "/{conversation}/owner",
    response=when_writing(_DONE, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND),
)
def hand_over_group(
    request: HttpRequest, conversation: Conversation, new: protocol.NewOwner
) -> Status[None]:
    """Make a group of one's own another member's."""
    services.hand_over_group(user_of(request), conversation, new.person)
    return Status(204, None)


@router.post(
    "/{conversation}/clear",
    response=or_refused(_DONE, ErrorCode.FORBIDDEN, ErrorCode.NOT_A_MEMBER),
)
def clear_conversation(request: HttpRequest, conversation: Conversation) -> Status[None]:
    """See nothing more of what is in a conversation now; for the others all of it stays."""
    services.clear_conversation(user_of(request), conversation)
    return Status(204, None)
