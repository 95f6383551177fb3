"""How texts are compared when somebody searches: by what was meant, not how it was typed.

Folded texts have no case, no accents, no vowel marks and no stretching; letters that
Arabic writers exchange freely (the forms of alef, ya and alef maqsura, ta marbuta and ha),
and the digits of all scripts in use here, are one. Pure, but for ``folded_column``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import reduce

from django.db.models import CharField, Value
from django.db.models.functions import Lower, Replace

from reference_app.chat.protocol import Piece

BEFORE = 40
"""Characters that an excerpt shows before the first hit."""

EXCERPT = 160

# Combining marks of Latin and Arabic, tatweel, joiners and directions: nothing of it counts.
_UNCOUNTED = re.compile(
    "[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u202a-\u202e"
    "\u2066-\u2069]+"
)
# NFKD has taken hamza and madda off their letters already.
_ALIKE = str.maketrans("ٱىةیکھہ" + "٠١٢٣٤٥٦٧٨٩" + "۰۱۲۳۴۵۶۷۸۹", "ايهيكهه" + "0123456789" * 2)

# For a column that is folded where it is read: what names and titles need of the above.
_IN_COLUMNS = [
    *zip("أإآٱىةؤئ", "اااايهوي", strict=True),
    *((mark, "") for mark in "ـًٌٍَُِّْ"),
]


def fold(text: str) -> str:
    """Return a text as it is searched."""
    if text.isascii():
        return text.lower()
    plain = _UNCOUNTED.sub("", unicodedata.normalize("NFKD", text))
    return plain.casefold().translate(_ALIKE)


def folded_column(name: str) -> Replace | Lower:
    """Return a database expression that folds a column of names: no index is of use to it."""
    lower: Replace | Lower = Lower(name, output_field=CharField())
    return reduce(
        lambda column, pair: Replace(column, Value(pair[0]), Value(pair[1])), _IN_COLUMNS, lower
    )


def excerpt(text: str, sought: str) -> list[Piece]:
    """Return the part of a text around the first place where it has what was sought.

    ``sought`` is folded. Every place is marked; what does not fit is left out.
    """
    hits = _places(text, sought)
    start = max(0, hits[0][0] - BEFORE) if hits else 0
    end = min(len(text), start + EXCERPT)
    pieces: list[Piece] = []
    at = start
    for first, last in hits:
        if last > end:
            break
        pieces += [_piece(text[at:first], hit=False), _piece(text[first:last], hit=True)]
        at = last
    pieces.append(_piece(text[at:end], hit=False))
    shown = [piece for piece in pieces if piece.text]
    if start > 0:
        shown.insert(0, _piece("…", hit=False))
    if end < len(text):
        shown.append(_piece("…", hit=False))
    return shown


def _piece(text: str, *, hit: bool) -> Piece:
    return Piece(text=text, hit=hit)


def _places(text: str, sought: str) -> list[tuple[int, int]]:
    """Return where a text has what was sought: positions in the text as it was written."""
    folded, origins = [], []
    for index, character in enumerate(text):
        part = fold(character)
        folded.append(part)
        origins += [index] * len(part)
    whole = "".join(folded)
    places: list[tuple[int, int]] = []
    at = whole.find(sought) if sought else -1
    while at >= 0:
        end = origins[at + len(sought) - 1] + 1
        # Marks belong to the letter before them.
        while end < len(text) and not fold(text[end]):
            end += 1
        places.append((origins[at], end))
        at = whole.find(sought, at + len(sought))
    return places
