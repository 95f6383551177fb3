"""Frames that a page sends to the server over its socket."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from reference_app.protocol.fields import PROBLEM_TEXTS, Caption, Cursor, Id, Inbound, Seq, Text
from reference_app.protocol.limits import MAX_FILES
from reference_app.protocol.text_rules import Problem


class NewMessage(Inbound):
    """The content of a new message; ``client_id`` makes it safe to send the message again."""

    # Not strict, because JSON has no UUIDs: the HTTP API passes a parsed body with a string.
    client_id: Annotated[UUID, Field(strict=False)]
    text: Caption
    reply_to: Annotated[
        Id | None, Field(description="the id of the message that this one answers")
    ] = None
    files: list[Id] = Field(
        default=[],
        max_length=MAX_FILES,
        description="ids of files that the sender has uploaded before",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.text and not self.files:
            raise PydanticCustomError(Problem.BLANK.value, PROBLEM_TEXTS[Problem.BLANK])
        return self


class EditMessage(Inbound):
    """The new text of a message."""

    text: Text


class SendFrame(NewMessage):
    """Send a message; the answer is ``ack`` or ``error``."""

    type: Literal["send"] = "send"
    conversation: Id


class TypingNotice(Inbound):
    """Whether the user is typing."""

    active: bool


class TypingFrame(TypingNotice):
    """Report that the user is typing, or has stopped; the only possible answer is ``error``."""

    type: Literal["typing"] = "typing"
    conversation: Id


class ReadNotice(Inbound):
    """The ``seq`` up to which the user has read."""

    upto: Seq


class ReadFrame(ReadNotice):
    """Move the user's read marker forward; the answer is the ``read`` event, or ``error``."""

    type: Literal["read"] = "read"
    conversation: Id


class SyncFrame(Inbound):
    """Request everything since a cursor; the answer is ``changes``."""

    type: Literal["sync"] = "sync"
    cursor: Cursor = ""


ClientFrame = Annotated[
    SendFrame | TypingFrame | ReadFrame | SyncFrame, Field(discriminator="type")
]
