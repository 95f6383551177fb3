"""Find the members of a conversation whom a text mentions as @username."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from reference_app.chat.models import Membership
from reference_app.protocol import MAX_MENTIONS

# The characters that Django allows in a username. An @ inside a word belongs to an e-mail address.
_NAMED = re.compile(r"(?<![\w.@+-])@([\w.@+-]+)")
_ENDS = ".@+-"


class Writing(NamedTuple):
    """A text, its sender, and its conversation."""

    conversation: int
    sender: int
    text: str


def names_in(text: str) -> list[str]:
    """Return the possible usernames in a text, each once, in the order of the text."""
    names: dict[str, None] = {}
    for found in _NAMED.findall(text):
        if bare := found.rstrip(_ENDS):
            # The full stop of "Thank you, @ann." ends the sentence, but a username may end with
            # one too. So both are possible.
            names |= {found: None, bare: None}
        if len(names) >= MAX_MENTIONS:
            break
    return list(names)[:MAX_MENTIONS]


def mentioned(writings: Sequence[Writing]) -> list[tuple[int, ...]]:
    """Return the ids of the members whom each text mentions, except its sender.

    This takes one query for all texts, and none if no text has an @.
    """
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
