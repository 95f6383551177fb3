"""HTTP endpoints for changing a group, and for clearing the user's view of a conversation.

The responses are empty: the requesting page receives the events, as all other pages do.
"""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest
from ninja import Path, Router, Status

from reference_app import protocol
from reference_app.api.responses import current_user, for_write, with_errors
from reference_app.chat import services
from reference_app.protocol import ErrorCode

router = Router()

Conversation = Annotated[protocol.Id, Path()]
Person = Annotated[protocol.Id, Path()]

_DONE = {204: None}


@router.put("/{conversation}/title", response=for_write(_DONE, ErrorCode.NOT_A_MEMBER))
def rename_group(
    request: HttpRequest, conversation: Conversation, renaming: protocol.Renaming
) -> Status[None]:
    """Change the title of a group."""
    services.rename_group(current_user(request), conversation, renaming.title)
    return Status(204, None)


@router.post(
    "/{conversation}/members",
    response=for_write(_DONE, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND),
)
def add_members(
    request: HttpRequest, conversation: Conversation, new: protocol.NewMembers
) -> Status[None]:
    """Add people to a group; those who are members already are ignored."""
    services.add_members(current_user(request), conversation, new.members)
    return Status(204, None)


@router.delete(
    "/{conversation}/members/{person}",
    response=with_errors(_DONE, ErrorCode.FORBIDDEN, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND),
)
def remove_member(request: HttpRequest, conversation: Conversation, person: Person) -> Status[None]:
    """Remove a member from a group that the user owns, or leave any group."""
    services.remove_member(current_user(request), conversation, person)
    return Status(204, None)


@router.put(
    "/{conversation}/owner",
    response=for_write(_DONE, ErrorCode.NOT_A_MEMBER, ErrorCode.NOT_FOUND),
)
def hand_over_group(
    request: HttpRequest, conversation: Conversation, new: protocol.NewOwner
) -> Status[None]:
    """Make another member the owner of a group that the user owns."""
    services.hand_over_group(current_user(request), conversation, new.person)
    return Status(204, None)


@router.post(
    "/{conversation}/clear",
    response=with_errors(_DONE, ErrorCode.FORBIDDEN, ErrorCode.NOT_A_MEMBER),
)
def clear_conversation(request: HttpRequest, conversation: Conversation) -> Status[None]:
    """Hide the present content of a conversation from the user; the others keep it."""
    services.clear_conversation(current_user(request), conversation)
    return Status(204, None)
