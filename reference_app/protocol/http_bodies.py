"""Bodies of requests and responses that only the HTTP API has."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from reference_app.protocol.events import MessageEvent, Notice, Person
from reference_app.protocol.fields import (
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
from reference_app.protocol.limits import MAX_GROUP


class NewDirect(Inbound):
    """Open the conversation with one person; create it if there is none."""

    kind: Literal["direct"]
    person: Id


class NewGroup(Inbound):
    """Create a group of the user and these people."""

    kind: Literal["group"]
    title: Title
    members: Annotated[list[Id], Field(min_length=1, max_length=MAX_GROUP - 1)]


class Renaming(Inbound):
    """The new title of a group."""

    title: Title


class NewMembers(Inbound):
    """The people to add to a group."""

    members: Annotated[list[Id], Field(min_length=1, max_length=MAX_GROUP - 1)]


class NewOwner(Inbound):
    """The member who becomes the owner of a group."""

    person: Id


NewConversation = Annotated[NewDirect | NewGroup, Field(discriminator="kind")]


class History(Wire):
    """Older messages of a conversation, oldest first."""

    messages: list[MessageEvent]
    notices: Annotated[
        list[Notice], Field(description="changes of the group between these messages")
    ]
    more: Annotated[bool, Field(description="there are older messages")]


class Piece(Wire):
    """A part of a text: a match of the search, or text around it."""

    text: str
    hit: bool


class FoundMessage(Wire):
    """A message that matches a search, and the excerpt of it to show."""

    conversation: Id
    seq: Seq
    at: Millis
    person: Person
    excerpt: list[Piece]


class SearchResults(Wire):
    """The results of a search: people, ids of the user's groups, and messages, newest first."""

    people: list[Person]
    conversations: list[Id]
    messages: list[FoundMessage]
    more: Annotated[bool, Field(description="there are older messages that match")]


class SharedConversation(Wire):
    """A group that has two people as members, or their direct conversation."""

    id: Id
    kind: Literal["direct", "group"]
    title: str


class Profile(Wire):
    """A user's profile, as one other user sees it."""

    person: Person
    about: str
    online: bool
    last_seen: Millis | None
    shared: list[SharedConversation]
    blocked: Annotated[bool, Field(description="whether the requesting user blocks this person")]


class Presence(Wire):
    """Who is online now, of the people with whom the reader shares conversations."""

    online: list[Id]
    blocked: Annotated[list[Id], Field(description="people whom the reader blocks")]
    seconds: Annotated[int, Field(description="time until the next request")]


class ProfileChange(Inbound):
    """The user's new display name, and their new text about themselves."""

    name: Name
    about: About


class PasswordChange(Inbound):
    """The user's present password and the new one."""

    old: Password
    new: Password


class Device(Wire):
    """A device on which the user is signed in; browser and system as the browser reports them."""

    id: Id
    browser: str
    system: str
    signed_in: Millis
    last_used: Millis
    current: Annotated[bool, Field(description="the device that sent the request")]
