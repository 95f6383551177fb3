"""Fold texts for search, so that spelling variants of the same text match.

A folded text has no case, accents, vowel marks or tatweel. Letters that Arabic writers use
interchangeably (the forms of alef, ya and alef maqsura, ta marbuta and ha) become one letter, and
the digits of all scripts in use here become ASCII digits. All functions except ``folded_column``
are pure.
"""

from __future__ import annotations

import re
import unicodedata
from functools import reduce

from django.db.models import CharField, Value
from django.db.models.functions import Lower, Replace

from reference_app.protocol import Piece

BEFORE = 40
"""Characters that an excerpt shows before the first hit."""

EXCERPT = 160

# These are ignored: combining marks of Latin and Arabic, tatweel, joiners, and direction marks.
_UNCOUNTED = re.compile(
    "[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u200b-\u200f\u202a-\u202e"
    "\u2066-\u2069]+"
)
# Before this, NFKD has already separated hamza and madda from their letters.
_ALIKE = str.maketrans("ٱىةیکھہ" + "٠١٢٣٤٥٦٧٨٩" + "۰۱۲۳۴۵۶۷۸۹", "ايهيكهه" + "0123456789" * 2)

# For a column that the database folds in a query: the part of the above that names and titles need.
_IN_COLUMNS = [
    *zip("أإآٱىةؤئ", "اااايهوي", strict=True),
    *((mark, "") for mark in "ـًٌٍَُِّْ"),
]


def fold(text: str) -> str:
    """Return the folded form of a text, which is stored and searched."""
    if text.isascii():
        return text.lower()
    plain = _UNCOUNTED.sub("", unicodedata.normalize("NFKD", text))
    return plain.casefold().translate(_ALIKE)


def folded_column(name: str) -> Replace | Lower:
    """Return a database expression that folds a column of names; it cannot use an index."""
    lower: Replace | Lower = Lower(name, output_field=CharField())
    return reduce(
        lambda column, pair: Replace(column, Value(pair[0]), Value(pair[1])), _IN_COLUMNS, lower
    )


def excerpt(text: str, folded_query: str) -> list[Piece]:
    """Return the part of a text around the first match of a folded query.

    Every match in it is marked. Matches that do not fit are left out.
    """
    matches = _find_matches(text, folded_query)
    start = max(0, matches[0][0] - BEFORE) if matches else 0
    end = min(len(text), start + EXCERPT)
    pieces: list[Piece] = []
    at = start
    for first, last in matches:
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


def _find_matches(text: str, folded_query: str) -> list[tuple[int, int]]:
    """Return the start and end of each match, as positions in the original text."""
    folded, origins = [], []
    for index, character in enumerate(text):
        part = fold(character)
        folded.append(part)
        origins += [index] * len(part)
    whole = "".join(folded)
    matches: list[tuple[int, int]] = []
    at = whole.find(folded_query) if folded_query else -1
    while at >= 0:
        end = origins[at + len(folded_query) - 1] + 1
        # Combining marks belong to the letter before them.
        while end < len(text) and not fold(text[end]):
            end += 1
        matches.append((origins[at], end))
        at = whole.find(folded_query, at + len(folded_query))
    return matches
