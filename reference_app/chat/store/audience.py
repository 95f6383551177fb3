"""Decide who does not receive an event as it is published, because of a block.

An event is encoded once for all readers. After a block, two people may see the same message in
different ways (docs/decisions/0008-blocking.md). Then the event is published to its actor only, and
the other person's pages sync: a sync shows each reader what they may see.
"""

from __future__ import annotations

from dataclasses import dataclass

from reference_app.chat.models import Conversation, Message
from reference_app.chat.store.blocks import other_member_ids


@dataclass(frozen=True)
class Audience:
    """The ids of members who do not receive an event; those in ``synced`` sync instead."""

    hidden_from: tuple[int, ...] = ()
    synced: tuple[int, ...] = ()


EVERYBODY = Audience()


def audience_of(
    conversation: Conversation, actor_id: int, *, is_withheld: bool, is_private: bool
) -> Audience:
    """Return the audience of an event.

    The other person sees nothing of an event that is withheld, and sees a private one in another
    way than the actor.
    """
    if not (is_withheld or is_private):
        return EVERYBODY
    others = other_member_ids(conversation, actor_id)
    return Audience(others, () if is_withheld else others)


def has_private_changes(message: Message) -> bool:
    """Return whether not everybody sees the same text of a message, or the same reactions to it."""
    return message.own_text is not None or has_private_reactions(message)


def has_private_reactions(message: Message) -> bool:
    """Return whether not everybody sees the same reactions to a message."""
    return message.is_annotated and message.reactions.filter(withheld=True).exists()
