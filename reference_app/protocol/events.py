"""The events of a conversation: one for each ``seq``."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from reference_app.protocol.fields import Id, Millis, Seq, Wire


class Person(Wire):
    """A user as others see them."""

    id: Id
    username: str
    name: str


class Reaction(Wire):
    """One emoji on a message; a message lists its emoji in the order of their first use."""

    emoji: str
    count: Annotated[int, Field(ge=1)]
    people: Annotated[
        tuple[Id, ...],
        Field(
            description="ids of the first NAMED_REACTIONS people; the requesting reader, and the "
            "actor of the event, are included if they used the emoji"
        ),
    ]


class Attachment(Wire):
    """A file: its content is at ``/api/files/{id}``, an image's preview at ``.../preview``."""

    id: Id
    name: str
    media_type: str
    size: Annotated[int, Field(ge=0, description="in bytes")]
    width: Annotated[int | None, Field(description="in pixels; for images only")] = None
    height: int | None = None


class Quote(Wire):
    """The message that another one answers: its sender, the beginning of its text, its files."""

    id: Id
    seq: Seq
    person: Person
    text: Annotated[str, Field(description="at most MAX_EXCERPT characters; empty if removed")]
    removed: bool
    files: Annotated[tuple[Attachment, ...], Field(description="none if removed")] = ()


class Durable(Wire):
    """The fields of every event of a conversation."""

    conversation: Id
    epoch: Annotated[int, Field(ge=1)]
    seq: Annotated[int, Field(ge=1)]
    at: Millis
    actor: Person


class MessageEvent(Durable):
    """Somebody wrote a message. Later changes of it are included."""

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
    """The fields of every event that changes a message: they identify the message."""

    message: Id
    message_seq: Seq


class EditedEvent(Act):
    """The actor changed the text of their message; ``text`` is the current one."""

    type: Literal["edited"] = "edited"
    text: Annotated[str, Field(description="empty if the message was removed since")]
    mentions: tuple[Id, ...]


class RemovedEvent(Act):
    """The actor removed their message. Its place remains, its content is deleted."""

    type: Literal["removed"] = "removed"


class ReactedEvent(Act):
    """The actor put an emoji on a message, or took it off; ``reactions`` are the current ones."""

    type: Literal["reacted"] = "reacted"
    reactions: tuple[Reaction, ...]


class ReadEvent(Durable):
    """The actor has read everything up to and including ``upto``."""

    type: Literal["read"] = "read"
    upto: Seq


class RenamedEvent(Durable):
    """The actor changed the title of the group."""

    type: Literal["renamed"] = "renamed"
    title: str


class JoinedEvent(Durable):
    """The actor added somebody to the group."""

    type: Literal["joined"] = "joined"
    person: Person


class LeftEvent(Durable):
    """``person`` has left the group; if the actor is another person, the actor removed them."""

    type: Literal["left"] = "left"
    person: Person


class OwnerEvent(Durable):
    """The group has a new owner: ``person``."""

    type: Literal["owner"] = "owner"
    person: Person


Notice = Annotated[RenamedEvent | JoinedEvent | LeftEvent | OwnerEvent, Field(discriminator="type")]

AnyEvent = (
    MessageEvent
    | EditedEvent
    | RemovedEvent
    | ReactedEvent
    | ReadEvent
    | RenamedEvent
    | JoinedEvent
    | LeftEvent
    | OwnerEvent
)

Event = Annotated[AnyEvent, Field(discriminator="type")]


class ConversationState(Wire):
    """A conversation as one reader sees it in the list and in its header."""

    id: Id
    epoch: int
    seq: Seq
    kind: Literal["direct", "group"]
    title: Annotated[str, Field(description="empty for a direct conversation")]
    members: list[Person]
    last_message: MessageEvent | None
    owner: Annotated[Id | None, Field(description="id of the user who may delete the group")]
    read: Annotated[Seq, Field(description="the seq up to which the reader has read")]
    read_by: Annotated[
        dict[int, Seq], Field(description="the seqs up to which the others have read, by their id")
    ]
    unread: Annotated[int, Field(ge=0)]
    mentioned: Annotated[
        tuple[Seq, ...], Field(description="unread messages that mention the reader, by their seq")
    ] = ()
    version: Annotated[
        int,
        Field(
            ge=0,
            description="of the reader's view; if it changes, the conversation is loaded again",
        ),
    ] = 0
    blocked: Annotated[
        bool,
        Field(description="the reader blocks the other person, and receives nothing new here"),
    ] = False
