"""Frames that the server sends to a page over its socket."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from reference_app.protocol.events import AnyEvent, ConversationState, Event, Person
from reference_app.protocol.fields import ErrorCode, Id, Millis, Wire
from reference_app.protocol.limits import HEADS_EVERY


class Typing(Wire):
    """Somebody is typing, or has stopped. It expires after TYPING_LIFETIME, unless repeated."""

    type: Literal["typing"] = "typing"
    conversation: Id
    person: Person
    active: bool


class Welcome(Wire):
    """The first frame on a socket: the groups are joined, and the client may ``sync`` now."""

    type: Literal["welcome"] = "welcome"
    me: Person
    heads_every: int = HEADS_EVERY


class Ack(Wire):
    """A message is stored. Sending it again returns the same answer with ``duplicate``."""

    type: Literal["ack"] = "ack"
    client_id: UUID
    conversation: Id
    epoch: int
    seq: int
    id: Id
    at: Millis
    duplicate: bool = False


class Changes(Wire):
    """The changes since a cursor.

    ``reset`` are conversations to load again: they are new to the reader, or have too many
    missing events to be replayed. ``events`` are in order within each conversation. ``gone``
    are conversations of the cursor of which the reader is no longer a member.
    """

    type: Literal["changes"] = "changes"
    cursor: str
    reset: list[ConversationState]
    events: list[Event]
    gone: list[Id]
    typing: list[Typing]


class Gone(Wire):
    """Somebody deleted the conversation, for all of its members."""

    type: Literal["gone"] = "gone"
    conversation: Id
    by: Person


class Heads(Wire):
    """The newest positions of all of the reader's conversations.

    A client that is behind, or shows a conversation that is not listed, sends ``sync``.
    """

    type: Literal["heads"] = "heads"
    cursor: str


class Failure(Wire):
    """A request was refused. The connection stays open."""

    type: Literal["error"] = "error"
    code: ErrorCode
    detail: str
    client_id: UUID | None = None
    conversation: int | None = None


ServerFrame = Annotated[
    AnyEvent | Typing | Welcome | Ack | Changes | Gone | Heads | Failure,
    Field(discriminator="type"),
]
