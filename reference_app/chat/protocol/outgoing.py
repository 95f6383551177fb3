"""What the server tells a page over its socket."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from reference_app.chat.protocol.events import (
    ConversationState,
    EditedEvent,
    Event,
    JoinedEvent,
    LeftEvent,
    MessageEvent,
    OwnerEvent,
    Person,
    ReactedEvent,
    ReadEvent,
    RemovedEvent,
    RenamedEvent,
)
from reference_app.chat.protocol.fields import ErrorCode, Id, Millis, Wire
from reference_app.chat.protocol.limits import HEADS_EVERY


class Typing(Wire):
    """Somebody types, or has stopped. Void after TYPING_LIFETIME without news."""

    type: Literal["typing"] = "typing"
    conversation: Id
    person: Person
    active: bool


class Welcome(Wire):
    """First frame on a socket: the groups are joined, the client may ``sync`` now."""

    type: Literal["welcome"] = "welcome"
    me: Person
    heads_every: int = HEADS_EVERY


class Ack(Wire):
    """A message is stored. Sending it again returns the same with ``duplicate``."""

    type: Literal["ack"] = "ack"
    client_id: UUID
    conversation: Id
    epoch: int
    seq: int
    id: Id
    at: Millis
    duplicate: bool = False


class Changes(Wire):
    """What happened since a cursor.

    ``reset`` holds conversations to be shown afresh: new to the reader, or too far
    behind to be replayed. ``events`` are in order within each conversation. ``gone``
    are conversations of the cursor that the reader is no longer in.
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
    """Where all of the reader's conversations stand.

    A client that is behind, or shows one that is not among them, asks ``sync``.
    """

    type: Literal["heads"] = "heads"
    cursor: str


class Failure(Wire):
    """A request was refused. The connection stays."""

    type: Literal["error"] = "error"
    code: ErrorCode
    detail: str
    client_id: UUID | None = None
    conversation: int | None = None


ServerFrame = Annotated[
    MessageEvent
    | EditedEvent
    | RemovedEvent
    | ReactedEvent
    | ReadEvent
    | RenamedEvent
    | JoinedEvent
    | LeftEvent
    | OwnerEvent
    | Typing
    | Welcome
    | Ack
    | Changes
    | Gone
    | Heads
    | Failure,
    Field(discriminator="type"),
]
