"""Decide which members do not receive a published event, because of a block.

An event is encoded once for all readers. After a block, two people may see different content of the
same message (docs/decisions/0024-withheld-changes.md). Then the event is published to its actor
only, and the other person's pages send ``sync``, which shows each reader what they may see.
"""

from __future__ import annotations

from dataclasses import dataclass

from reference_app.chat.models import Conversation, Message
from reference_app.chat.store.blocks import other_member_ids


@dataclass(frozen=True)
class Audience:
    """All members of a conversation, except those whose ids are in ``hidden_from``.

    The pages of those in ``synced`` are asked to send ``sync`` instead.
    """

    hidden_from: tuple[int, ...] = ()
    synced: tuple[int, ...] = ()


EVERYBODY = Audience()


def audience_of(
    conversation: Conversation, actor_id: int, *, is_withheld: bool, is_private: bool
) -> Audience:
    """Return the audience of an event.

    The other person sees nothing of an event that is withheld. Of a private event the other person
    sees other content than the actor.
    """
    if not (is_withheld or is_private):
        return EVERYBODY
    others = other_member_ids(conversation, actor_id)
    return Audience(others, () if is_withheld else others)


def has_private_changes(message: Message) -> bool:
    """Return whether the members see different texts of a message, or different reactions to it."""
    return message.own_text is not None or has_private_reactions(message)


def has_private_reactions(message: Message) -> bool:
    """Return whether the members see different reactions to a message."""
    return message.is_annotated and message.reactions.filter(withheld=True).exists()
