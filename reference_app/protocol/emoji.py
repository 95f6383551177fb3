"""Check whether a text is one emoji. Pure, and without a table of the emoji that Unicode names.

The form is that of a possible emoji (Unicode Technical Standard 51, section 1.4.9). A text of this
form is drawn as one picture, or as two if a font does not have the combination.
"""

from __future__ import annotations

import re

LONGEST = 16
"""Maximum number of code points in one emoji; the longest that Unicode names have 10."""

_PICTURE = (
    "[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe"
    "\u2600-\u27bf\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299"
    "\U0001f004\U0001f0cf\U0001f170-\U0001f19a\U0001f201-\U0001f251\U0001f300-\U0001f3fa"
    "\U0001f400-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f90c-\U0001f9ff"
    "\U0001fa70-\U0001faff]"
)
_SKIN = "[\U0001f3fb-\U0001f3ff]"
_TAGS = "(?:[\U000e0020-\U000e007e]+\U000e007f)"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_PART = f"(?:{_FLAG}|{_PICTURE}(?:\ufe0f|{_SKIN})?{_TAGS}?)"
_EMOJI = re.compile(f"{_KEYCAP}|{_SKIN}|{_PART}(?:\u200d{_PART})*")


def is_emoji(text: str) -> bool:
    """Return whether a text is exactly one emoji."""
    return len(text) <= LONGEST and _EMOJI.fullmatch(text) is not None
