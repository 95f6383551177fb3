"""The base of the models, and the fields that several models have."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from reference_app.protocol.emoji import is_emoji
from reference_app.protocol.limits import (
    MAX_ABOUT,
    MAX_FRAME,
    MAX_NAME,
    MAX_QUERY,
    MAX_TEXT,
    MAX_TITLE,
)
from reference_app.protocol.text_rules import MAX_MARKS, Problem, has_controls, problem_of

PROBLEM_TEXTS = {
    Problem.BLANK: "The text is empty.",
    Problem.CONTROL_CHARACTERS: "The text holds control characters.",
    Problem.TEXT_DIRECTION: "The text turns the reading direction round.",
    Problem.TOO_MANY_MARKS: f"A character of the text has more than {MAX_MARKS} marks.",
}
"""The error message for each problem of a text."""

# Characters that change the direction of the text that follows them, also beyond a name.
_BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")


def _refuse_problems(text: str) -> str:
    problem = problem_of(text)
    if problem:
        raise PydanticCustomError(problem.value, PROBLEM_TEXTS[problem])
    return text


def _refuse_controls(text: str) -> str:
    if has_controls(text):
        problem = Problem.CONTROL_CHARACTERS
        raise PydanticCustomError(problem.value, PROBLEM_TEXTS[problem])
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
    """The code of each error; codes are stable, so that clients may branch on them."""

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
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    NO_ROOM = "no_room"
    UNAVAILABLE = "unavailable"


class Wire(BaseModel):
    """The base of all models: immutable, no unknown fields, no silent coercion of values."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, json_schema_serialization_defaults_required=True
    )


class Inbound(Wire):
    """The base of models that a client sends: fields that it may omit have a default."""

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
    Field(description="may be empty if there are files"),
]
PeopleQuery = Annotated[str, StringConstraints(max_length=150), AfterValidator(_refuse_controls)]
SearchQuery = Annotated[
    str, StringConstraints(max_length=MAX_QUERY), AfterValidator(_refuse_controls)
]
_PLACE = r"[1-9][0-9]{0,17}\.[1-9][0-9]{0,8}\.(0|[1-9][0-9]{0,17})(\.[1-9][0-9]{0,8})?"
Cursor = Annotated[
    str,
    StringConstraints(
        pattern=rf"^({_PLACE}(,{_PLACE})*)?$",
        max_length=MAX_FRAME,
    ),
]
