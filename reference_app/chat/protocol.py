"""The wire, defined once.

Every frame that crosses a WebSocket, and every body of the HTTP API, is a model of
this module. From it come the validation of what arrives, the AsyncAPI and OpenAPI
documents, the constants of the JavaScript client and the types of the load
generators. It imports neither Django nor Channels, so that all of them can use it.

Times are integers: milliseconds since the Unix epoch, UTC. A *cursor* says what a
client has seen: ``conversation.epoch.seq`` joined by commas, each with a ``.version`` where
that is not 0.
"""

from __future__ import annotations

import re
from contextlib import suppress
from enum import StrEnum
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from reference_app.chat.emoji import is_emoji
from reference_app.chat.texts import MAX_MARKS, Problem, has_controls, problem_of

MAX_TEXT = 4_000
"""Longest message, in characters."""

MAX_FRAME = 64 * 1024
"""Longest inbound frame, in characters. A cursor over 2,000 conversations still fits."""

MAX_EXCERPT = 160
"""How much of a message, in characters, is quoted where it is answered."""

MAX_MENTIONS = 50
"""Most names in one message that are looked for: what follows is text like any other."""

MAX_EMOJI = 20
"""Most different emoji on one message; of each there may be any number."""

NAMED_REACTIONS = 20
"""Most people who are named for one emoji on a message. All are counted."""

MAX_FILES = 10
"""Most files of one message."""

MAX_HISTORY = 1_000
"""Most messages of a conversation at once."""

MAX_QUERY = 100
"""Longest text that is searched for, in characters."""

MAX_TITLE = 80
"""Longest title of a group, in characters."""

MAX_NAME = 80
"""Longest name that somebody is shown by, in characters."""

MAX_ABOUT = 280
"""Longest text that somebody tells about themselves, in characters."""

MAX_GROUP = 1_000
"""Most members of a group, its maker included."""

REPLAY_LIMIT = 200
"""Most events of one conversation that are replayed; beyond it the answer is a reset."""

HEADS_EVERY = 20
"""Seconds between two ``heads`` frames on a live socket."""

TYPING_LIFETIME = 6
"""Seconds after which a typing notice without news is void."""

PRESENCE_EVERY = 20
"""Seconds between two times that a page which is looked at says so."""

TYPING_REPEAT = 3
"""Seconds after which a client that still types says so again."""

LONG_POLL_LIMIT = 25
"""Longest wait of a long poll, in seconds: below the 30 s at which proxies give up."""

CLOSE_UNAUTHENTICATED = 4401
"""WebSocket close code: no session, or it ended. The client shows the login page."""

CLOSE_TRY_LATER = 4013
"""WebSocket close code: reconnect after a back-off, then ``sync``.

Not the registered 1013, "try again later": Autobahn, and so Daphne, raises when it is
asked to send any code but 1000 and 3000 to 4999 (docs/decisions/0004-close-codes.md).
"""

CLOSE_RESTART = 4012
"""WebSocket close code: the server restarts. Reconnect after the time that the reason
names (``retry_reason``), then ``sync``."""

REGISTERED_CLOSE = {CLOSE_TRY_LATER: 1013, CLOSE_RESTART: 1012}
"""The codes of IANA's registry with the same meaning, for who can send them; clients take
either."""

_SAID = {
    Problem.BLANK: "The text is empty.",
    Problem.CONTROL_CHARACTERS: "The text holds control characters.",
    Problem.TEXT_DIRECTION: "The text turns the reading direction round.",
    Problem.TOO_MANY_MARKS: f"A character of the text has more than {MAX_MARKS} marks.",
}

# What turns the direction of the text that follows, and would reach beyond a name.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def _refuse_problems(text: str) -> str:
    problem = problem_of(text)
    if problem:
        raise PydanticCustomError(problem.value, _SAID[problem])
    return text


def _refuse_controls(text: str) -> str:
    if has_controls(text):
        problem = Problem.CONTROL_CHARACTERS
        raise PydanticCustomError(problem.value, _SAID[problem])
    return text


def _refuse_turns(text: str) -> str:
    if _BIDI.search(text) or "\n" in text:
        raise PydanticCustomError(
            "turns", "A name has one line, and no characters that turn its direction."
        )
    return _refuse_controls(text)


def _refuse_problems_unless_blank(text: str) -> str:
    return _refuse_problems(text) if text.strip() else ""


def _refuse_no_emoji(text: str) -> str:
    if not is_emoji(text):
        raise PydanticCustomError("emoji", "That is not one emoji.")
    return text


class ErrorCode(StrEnum):
    """What can be wrong with a request; stable, so that clients may branch on it."""

    NOT_JSON = "not_json"
    UNKNOWN_TYPE = "unknown_type"
    INVALID = "invalid"
    TOO_LONG = "too_long"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_A_MEMBER = "not_a_member"
    NOT_FOUND = "not_found"
    CLIENT_ID_REUSED = "client_id_reused"
    TOO_MANY = "too_many"
    BLANK = "blank"
    CONTROL_CHARACTERS = "control_characters"
    TEXT_DIRECTION = "text_direction"
    TOO_MANY_MARKS = "too_many_marks"
    BLOCKED = "blocked"
    FILE_TOO_LARGE = "file_too_large"
    FILE_TYPE = "file_type"
    DAILY_LIMIT = "daily_limit"
    NO_ROOM = "no_room"
    UNAVAILABLE = "unavailable"


class Wire(BaseModel):
    """What all models share: immutable, nothing unknown let in, no silent coercion."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, json_schema_serialization_defaults_required=True
    )


class Inbound(Wire):
    """A model that a client sends: what it may leave out has a default."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)


Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Seq = Annotated[int, Field(ge=0, le=2**63 - 1)]
Millis = Annotated[int, Field(ge=0)]
Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TEXT),
    AfterValidator(_refuse_problems),
]
Title = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_TITLE),
    AfterValidator(_refuse_problems),
    AfterValidator(_refuse_turns),
]
Name = Annotated[
    str,
    StringConstraints(max_length=MAX_NAME, strip_whitespace=True),
    AfterValidator(_refuse_turns),
]
About = Annotated[
    str,
    StringConstraints(max_length=MAX_ABOUT, strip_whitespace=True),
    AfterValidator(_refuse_controls),
]
Password = Annotated[str, StringConstraints(max_length=4_096)]
Emoji = Annotated[str, AfterValidator(_refuse_no_emoji)]
Caption = Annotated[
    str,
    StringConstraints(max_length=MAX_TEXT),
    AfterValidator(_refuse_problems_unless_blank),
    Field(description="may be empty where there are files"),
]
Search = Annotated[str, StringConstraints(max_length=150), AfterValidator(_refuse_controls)]
Sought = Annotated[str, StringConstraints(max_length=MAX_QUERY), AfterValidator(_refuse_controls)]
_PLACE = r"[1-9][0-9]{0,17}\.[1-9][0-9]{0,8}\.(0|[1-9][0-9]{0,17})(\.[1-9][0-9]{0,8})?"
Cursor = Annotated[
    str,
    StringConstraints(
        pattern=rf"^({_PLACE}(,{_PLACE})*)?$",
        max_length=MAX_FRAME,
    ),
]


class Position(Wire):
    """Where a reader stands in one conversation.

    ``version`` counts how often what they see of it changed by anything that is no event.
    """

    epoch: int
    seq: int
    version: int = 0

    def __str__(self) -> str:
        place = f"{self.epoch}.{self.seq}"
        return f"{place}.{self.version}" if self.version else place


def parse_cursor(cursor: str) -> dict[int, Position]:
    """Return the positions that a cursor of the form ``id.epoch.seq[.version],...`` names.

    Raises:
        ValueError: it is not of that form.
    """
    positions: dict[int, Position] = {}
    if cursor:
        for place in cursor.split(","):
            conversation, epoch, seq, *version = map(int, place.split("."))
            positions[conversation] = Position(epoch=epoch, seq=seq, version=sum(version))
    return positions


def format_cursor(positions: dict[int, Position]) -> str:
    """Return the cursor that names these positions, in the order of their conversations."""
    return ",".join(f"{id_}.{p}" for id_, p in sorted(positions.items()))


class Person(Wire):
    """Somebody as others see them."""

    id: Id
    username: str
    name: str


def retry_reason(milliseconds: int) -> str:
    """Return the reason of a close that asks the client to come back after a while."""
    return f"retry:{milliseconds}"


def retry_after(reason: str) -> int | None:
    """Return after how many milliseconds the reason of a close asks one to come back."""
    name, _, milliseconds = reason.partition(":")
    return int(milliseconds) if name == "retry" and milliseconds.isdecimal() else None


# --- durable events: one per seq of a conversation ---------------------------------------


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


# --- server to client ----------------------------------------------------------------------


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


# --- client to server ----------------------------------------------------------------------


class Compose(Inbound):
    """The content of a message; ``client_id`` makes sending it again harmless."""

    # JSON has no UUIDs: the HTTP carrier hands over the parsed body, hence a string.
    client_id: Annotated[UUID, Field(strict=False)]
    text: Caption
    reply_to: Annotated[Id | None, Field(description="the id of the answered message")] = None
    files: Annotated[
        list[Id], Field(max_length=MAX_FILES, description="uploaded before, by the sender")
    ] = []

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text and not self.files:
            raise PydanticCustomError(Problem.BLANK.value, _SAID[Problem.BLANK])
        return self


class Rewrite(Inbound):
    """What a message is to say from now on."""

    text: Text


class SendFrame(Compose):
    """Write a message; answered by ``ack`` or ``error``."""

    type: Literal["send"] = "send"
    conversation: Id


class TypingNotice(Inbound):
    """Whether one types."""

    active: bool


class TypingFrame(TypingNotice):
    """Say that one types, or has stopped. Not answered."""

    type: Literal["typing"] = "typing"
    conversation: Id


class ReadNotice(Inbound):
    """How far one has read."""

    upto: Seq


class ReadFrame(ReadNotice):
    """Move one's read marker forward; the event that follows is the answer."""

    type: Literal["read"] = "read"
    conversation: Id


class SyncFrame(Inbound):
    """Ask for everything since a cursor; answered by ``changes``."""

    type: Literal["sync"] = "sync"
    cursor: Cursor = ""


ClientFrame = Annotated[
    SendFrame | TypingFrame | ReadFrame | SyncFrame, Field(discriminator="type")
]


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


# --- reading what arrives --------------------------------------------------------------------

client_frames: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)
server_frames: TypeAdapter[ServerFrame] = TypeAdapter(ServerFrame)


class Refused(Exception):  # noqa: N818 - a refusal is the normal answer to a bad request
    """A request that cannot be served, with the code and sentence its sender gets."""

    def __init__(
        self,
        code: ErrorCode,
        detail: str,
        conversation: int | None = None,
        client_id: UUID | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.conversation = conversation
        self.client_id = client_id

    def frame(self, client_id: UUID | None = None) -> Failure:
        """Return the frame that tells the sender."""
        return Failure(
            code=self.code,
            detail=self.detail,
            client_id=client_id or self.client_id,
            conversation=self.conversation,
        )


def parse_client_frame(text: str | bytes) -> ClientFrame:
    """Return the frame that a client sent.

    Raises:
        Refused: it is too long, not JSON, of unknown type, or has missing, extra or
            ill-formed fields.
    """
    if len(text) > MAX_FRAME:
        raise Refused(ErrorCode.TOO_LONG, f"A frame may have at most {MAX_FRAME} characters.")
    try:
        return client_frames.validate_json(text)
    except ValidationError as error:
        raise refusal(error, _client_id_of(text)) from None


class _Named(BaseModel):
    """As much of a frame as tells its sender which one was refused."""

    client_id: UUID


def _client_id_of(text: str | bytes) -> UUID | None:
    with suppress(ValidationError):
        return _Named.model_validate_json(text).client_id
    return None


_CODES = {
    "json_invalid": ErrorCode.NOT_JSON,
    "union_tag_invalid": ErrorCode.UNKNOWN_TYPE,
    "union_tag_not_found": ErrorCode.UNKNOWN_TYPE,
    "string_too_long": ErrorCode.TOO_LONG,
    "string_too_short": ErrorCode.BLANK,
    "too_long": ErrorCode.TOO_LONG,
    **{problem.value: ErrorCode(problem.value) for problem in Problem},
}


def refusal(error: ValidationError, client_id: UUID | None = None) -> Refused:
    """Return the refusal that tells the first thing wrong, and where."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    detail = f"{field}: {first['msg']}" if field else first["msg"]
    return Refused(code_of(first["type"]), detail, client_id=client_id)


def code_of(pydantic_type: str) -> ErrorCode:
    """Return the stable code for one of pydantic's error types."""
    return _CODES.get(pydantic_type, ErrorCode.INVALID)
