"""What happens in a conversation: one event for each of its numbers."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from reference_app.chat.protocol.fields import Id, Millis, Seq, Wire


class Person(Wire):
    """Somebody as others see them."""

    id: Id
    username: str
    name: str


class Reaction(Wire):
    """One emoji on a message, the one that came first before the others."""

    emoji: str
    count: Annotated[int, Field(ge=1)]
    people: Annotated[
        tuple[Id, ...],
        Field(description="the first NAMED_REACTIONS of them, the asking reader, and the actor"),
    ]


class Attachment(Wire):
    """A file; what it holds is at ``/api/files/{id}``, a picture's preview at ``.../preview``."""

    id: Id
    name: str
    media_type: str
    size: Annotated[int, Field(ge=0, description="in bytes")]
    width: Annotated[int | None, Field(description="of pictures alone, in pixels")] = None
    height: int | None = None


class Quote(Wire):
    """The message that another one answers: whose it is, how it begins, and its files."""

    id: Id
    seq: Seq
    person: Person
    text: Annotated[str, Field(description="at most MAX_EXCERPT characters; empty if removed")]
    removed: bool
    files: Annotated[tuple[Attachment, ...], Field(description="none if removed")] = ()


class Durable(Wire):
    """What every event of a conversation carries."""

    conversation: Id
    epoch: Annotated[int, Field(ge=1)]
    seq: Annotated[int, Field(ge=1)]
    at: Millis
    actor: Person


class MessageEvent(Durable):
    """Somebody wrote a message. What was done with it since is told of with it."""

    type: Literal["message"] = "message"
    id: Id
    client_id: UUID
    text: Annotated[str, Field(description="empty if removed")]
    edited_at: Millis | None = None
    removed: bool = False
    reply_to: Quote | None = None
    mentions: Annotated[tuple[Id, ...], Field(description="members named by @username")] = ()
    reactions: tuple[Reaction, ...] = ()
    files: tuple[Attachment, ...] = ()


class Act(Durable):
    """What all events carry that change a message: which one."""

    message: Id
    message_seq: Seq


class EditedEvent(Act):
    """The actor has changed what their message says; ``text`` is what it says now."""

    type: Literal["edited"] = "edited"
    text: Annotated[str, Field(description="empty if it was removed since")]
    mentions: tuple[Id, ...]


class RemovedEvent(Act):
    """The actor has removed their message: its place stays, what it said is gone."""

    type: Literal["removed"] = "removed"


class ReactedEvent(Act):
    """The actor has put an emoji on a message, or taken it off; these are there now."""

    type: Literal["reacted"] = "reacted"
    reactions: tuple[Reaction, ...]


class ReadEvent(Durable):
    """The actor has read everything up to and including ``upto``."""

    type: Literal["read"] = "read"
    upto: Seq


class RenamedEvent(Durable):
    """The actor has given the group another title."""

    type: Literal["renamed"] = "renamed"
    title: str


class JoinedEvent(Durable):
    """The actor has brought somebody into the group."""

    type: Literal["joined"] = "joined"
    person: Person


class LeftEvent(Durable):
    """Somebody is no longer in the group: they left, or the actor, another one, removed them."""

    type: Literal["left"] = "left"
    person: Person


class OwnerEvent(Durable):
    """The group is somebody else's from now on."""

    type: Literal["owner"] = "owner"
    person: Person


Notice = Annotated[RenamedEvent | JoinedEvent | LeftEvent | OwnerEvent, Field(discriminator="type")]

Event = Annotated[
    MessageEvent
    | EditedEvent
    | RemovedEvent
    | ReactedEvent
    | ReadEvent
    | RenamedEvent
    | JoinedEvent
    | LeftEvent
    | OwnerEvent,
    Field(discriminator="type"),
]


class ConversationState(Wire):
    """A conversation as its list entry and its head show it, for one reader."""

    id: Id
    epoch: int
    seq: Seq
    kind: Literal["direct", "group"]
    title: Annotated[str, Field(description="empty for a direct conversation")]
    members: list[Person]
    last_message: MessageEvent | None
    owner: Annotated[Id | None, Field(description="who may delete a group")]
    read: Annotated[Seq, Field(description="up to where the reader has read")]
    read_by: Annotated[
        dict[int, Seq], Field(description="up to where the others have read, by their id")
    ]
    unread: Annotated[int, Field(ge=0)]
    mentioned: Annotated[
        tuple[Seq, ...], Field(description="unread messages that mention the reader, by their seq")
    ] = ()
    version: Annotated[
        int, Field(ge=0, description="of the reader's view; another one is shown afresh")
    ] = 0
    blocked: Annotated[
        bool, Field(description="the reader blocks the other: it stands still for them")
    ] = False
