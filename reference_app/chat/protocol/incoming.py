"""What a page tells the server over its socket."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from reference_app.chat.protocol.fields import SAID, Caption, Cursor, Id, Inbound, Seq, Text
from reference_app.chat.protocol.limits import MAX_FILES
from reference_app.chat.texts import Problem


class Compose(Inbound):
    """The content of a message; ``client_id`` makes sending it again harmless."""

    # JSON has no UUIDs: the HTTP carrier hands over the parsed body, hence a string.
    client_id: Annotated[UUID, Field(strict=False)]
    text: Caption
    reply_to: Annotated[Id | None, Field(description="the id of the answered message")] = None
    files: list[Id] = Field(
        default=[], max_length=MAX_FILES, description="uploaded before, by the sender"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text and not self.files:
            raise PydanticCustomError(Problem.BLANK.value, SAID[Problem.BLANK])
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
