"""Whom a text mentions: members of the conversation whom it names as @username."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from reference_app.chat.models import Membership
from reference_app.chat.protocol import MAX_MENTIONS

# What Django lets a username be made of. An @ within a word is a mail address's.
_NAMED = re.compile(r"(?<![\w.@+-])@([\w.@+-]+)")
_ENDS = ".@+-"


class Writing(NamedTuple):
    """A text, who wrote it, and where."""

    conversation: int
    sender: int
    text: str


def names_in(text: str) -> list[str]:
    """Return what may be the usernames that a text names, each once, in its order."""
    names: dict[str, None] = {}
    for found in _NAMED.findall(text):
        if bare := found.rstrip(_ENDS):
            # "Thank you, @ann." ends a sentence; a username may end like that too.
            names |= {found: None, bare: None}
        if len(names) >= MAX_MENTIONS:
            break
    return list(names)[:MAX_MENTIONS]


def mentioned(writings: Sequence[Writing]) -> list[tuple[int, ...]]:
    """Return whom each text mentions, but for its writer: one query for all, none for none."""
    names = [names_in(one.text) if "@" in one.text else [] for one in writings]
    if not any(names):
        return [()] * len(writings)
    rows = Membership.objects.filter(
        conversation__in={one.conversation for one in writings},
        user__username__in={name for some in names for name in some},
    ).values_list("conversation", "user__username", "user")
    members = {(conversation, name): user for conversation, name, user in rows}
    return [
        tuple(
            user
            for name in some
            if (user := members.get((one.conversation, name))) and user != one.sender
        )
        for one, some in zip(writings, names, strict=True)
    ]
