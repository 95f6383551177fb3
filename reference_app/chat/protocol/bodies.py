"""What the HTTP API is sent and answers, besides what goes over sockets too."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reference_app.chat.protocol.events import MessageEvent, Notice, Person
from reference_app.chat.protocol.fields import (
    About,
    Id,
    Inbound,
    Millis,
    Name,
    Password,
    Seq,
    Title,
    Wire,
)
from reference_app.chat.protocol.limits import MAX_GROUP


class NewDirect(Inbound):
    """Open the conversation with one person, made at need."""

    kind: Literal["direct"]
    person: Id


class NewGroup(Inbound):
    """Make a group with these people and oneself."""

    kind: Literal["group"]
    title: Title
    members: Annotated[list[Id], Field(min_length=1, max_length=MAX_GROUP - 1)]


class Renaming(Inbound):
    """What a group is to be called."""

    title: Title


class NewMembers(Inbound):
    """Who is to come into a group."""

    members: Annotated[list[Id], Field(min_length=1, max_length=MAX_GROUP - 1)]


class NewOwner(Inbound):
    """Whose a group is to be."""

    person: Id


NewConversation = Annotated[NewDirect | NewGroup, Field(discriminator="kind")]


class History(Wire):
    """Older messages of a conversation, oldest first."""

    messages: list[MessageEvent]
    notices: Annotated[
        list[Notice], Field(description="what happened to the group among these messages")
    ]
    more: Annotated[bool, Field(description="there are older ones still")]


class Piece(Wire):
    """A part of a text: what was searched for, or what stands around it."""

    text: str
    hit: bool


class FoundMessage(Wire):
    """A message that was found, and what of it to show."""

    conversation: Id
    seq: Seq
    at: Millis
    person: Person
    excerpt: list[Piece]


class Found(Wire):
    """What was found: people, groups of one's own by their ids, and messages, newest first."""

    people: list[Person]
    conversations: list[Id]
    messages: list[FoundMessage]
    more: Annotated[bool, Field(description="there are older messages that match")]


class SharedConversation(Wire):
    """A group that two people are both in, or their direct conversation."""

    id: Id
    kind: Literal["direct", "group"]
    title: str


class Profile(Wire):
    """Somebody, as their profile shows them to one other person."""

    person: Person
    about: str
    online: bool
    last_seen: Millis | None
    shared: list[SharedConversation]
    blocked: Annotated[bool, Field(description="by the one who asks")]


class Presence(Wire):
    """Who, of the people that the reader shares conversations with, is here now."""

    online: list[Id]
    blocked: Annotated[list[Id], Field(description="whom the reader blocks")]
    seconds: Annotated[int, Field(description="after how long to ask again")]


class ProfileChange(Inbound):
    """What others are to read about oneself."""

    name: Name
    about: About


class PasswordChange(Inbound):
    """The password that one has, and the one to have from now on."""

    old: Password
    new: Password


class Device(Wire):
    """Where somebody is signed in: a browser on a system, as far as it says so."""

    id: Id
    browser: str
    system: str
    signed_in: Millis
    last_used: Millis
    current: Annotated[bool, Field(description="the one that asks")]
