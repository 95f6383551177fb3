"""Rules for the texts that people write: messages, titles and names.

A text is stored and published exactly as it was written, or refused; nothing is removed from it
silently. It also appears where this project does not control the display: in the notifications of
an operating system, a mail, an export. So a text that could harm a reader there is refused.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

MAX_MARKS = 8
"""Maximum number of combining marks on one character.

UTS 39 allows identifiers four; pointed scripture, Arabic and Hebrew, needs some more.
Hundreds of them cover the lines above and below.
"""

# C0 and C1 controls except tab and newline: no text needs them, and PostgreSQL refuses NUL.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# Invisible, although Unicode does not call them spaces: Hangul fillers, and the Braille blank.
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")

# Unicode Standard Annex 9: overrides, then the characters that open embeddings and isolates,
# then those that close them.
_OVERRIDES = frozenset("\u202d\u202e")
_EMBEDDINGS = frozenset("\u202a\u202b")
_ISOLATES = frozenset("\u2066\u2067\u2068")
_POP_EMBEDDING = "\u202c"
_POP_ISOLATE = "\u2069"
_DIRECTIONS = re.compile("[\u202a-\u202e\u2066-\u2069]")


class Problem(StrEnum):
    """Why a text is refused."""

    BLANK = "blank"
    CONTROL_CHARACTERS = "control_characters"
    TEXT_DIRECTION = "text_direction"
    TOO_MANY_MARKS = "too_many_marks"


def problem_of(text: str) -> Problem | None:
    """Return the first problem of a text that others will read, or None."""
    if not any(map(_is_seen, text)):
        return Problem.BLANK
    if has_controls(text):
        return Problem.CONTROL_CHARACTERS
    if text.isascii():
        return None
    if _turns_direction(text):
        return Problem.TEXT_DIRECTION
    return Problem.TOO_MANY_MARKS if _piles_marks(text) else None


def _is_seen(character: str) -> bool:
    """Return whether a character is visible: neither a space, nor a joiner, nor a filler."""
    if character.isspace() or character in _FILLERS:
        return False
    return unicodedata.category(character) != "Cf"


def has_controls(text: str) -> bool:
    """Return whether a text contains control characters, which are invisible."""
    return _CONTROLS.search(text) is not None


def _turns_direction(text: str) -> bool:
    """Return whether a text changes the reading order of itself or of the text around it.

    An override shows letters in an order in which nobody wrote them ("gpj.exe" for
    "exe.jpg"), closed or not: no language needs it. Embeddings and isolates are useful, and
    the page puts names into isolates, which people copy. But an embedding or isolate that a
    line leaves open, or closes without opening it, affects the sentence that contains the text.
    """
    if not _DIRECTIONS.search(text):
        return False
    return any(not _is_closed(line) for line in text.split("\n"))


def _is_closed(line: str) -> bool:
    opened: list[str] = []
    for character in _DIRECTIONS.findall(line):
        if character in _OVERRIDES:
            return False
        if character in _EMBEDDINGS:
            opened.append(_POP_EMBEDDING)
        elif character in _ISOLATES:
            opened.append(_POP_ISOLATE)
        elif not opened or opened.pop() != character:
            return False
    return not opened


def _piles_marks(text: str) -> bool:
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        if category in {"Mn", "Me"}:
            marks += 1
            if marks > MAX_MARKS:
                return True
        elif category != "Cf":  # joiners do not separate a mark from its character
            marks = 0
    return False
