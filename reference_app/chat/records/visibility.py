"""Filters for the events and messages of a conversation that one member sees.

They leave out what the member has cleared, what came after the member's view was frozen, and what
is withheld from the member. States, histories and unread counts all use them. What was withheld
from a member stays withheld for ever (docs/decisions/0024-withheld-changes.md), so every query and
every frame for one reader uses ``meant_for``, or ``is_meant_for`` and ``as_seen_by``.
"""

from __future__ import annotations

from copy import copy

from django.db.models import OuterRef, Q
from django.db.models.functions import Coalesce

from reference_app.chat.models import Membership, Message

SHOWN = ~Q(frozen_seq=0)
"""Filter of memberships: the conversation is shown to the member."""


def within(membership: Membership) -> Q:
    """Return the filter for events and messages that the member of one membership sees."""
    visible = Q(seq__gt=membership.cleared_seq)
    upto = membership.frozen_seq
    return visible if upto is None else visible & Q(seq__lte=upto)


def within_row() -> Q:
    """Return the filter of ``within`` for a subquery in a query of memberships."""
    upto = Coalesce(OuterRef("frozen_seq"), OuterRef("conversation__last_seq"))
    return Q(seq__gt=OuterRef("cleared_seq"), seq__lte=upto)


def within_message() -> Q:
    """Return the filter of ``within`` for a subquery of memberships in a query of messages."""
    seq = OuterRef("seq")
    return Q(cleared_seq__lt=seq) & (Q(frozen_seq=None) | Q(frozen_seq__gte=seq))


def meant_for(reader_id: int) -> Q:
    """Return the filter for messages that are not withheld from a reader."""
    return Q(withheld=False) | Q(sender=reader_id)


def is_meant_for(message: Message, reader_id: int) -> bool:
    """Return whether a message is not withheld from a reader: ``meant_for`` without a query."""
    return not message.withheld or message.sender_id == reader_id


def reaction_meant_for(reader_id: int) -> Q:
    """Return the filter for reactions that are not withheld from a reader."""
    return Q(withheld=False) | Q(user=reader_id)


def contains(folded_text: str, reader_id: int) -> Q:
    """Return the filter for messages that contain a folded text, as a reader sees them."""
    is_own_version = Q(sender=reader_id, own_text__isnull=False)
    return (Q(folded__contains=folded_text) & ~is_own_version) | (
        is_own_version & Q(own_folded__contains=folded_text)
    )


def as_seen_by(message: Message, reader_id: int) -> Message:
    """Return a message with the text that a reader sees: ``own_text`` for its sender."""
    if message.own_text is None or message.sender_id != reader_id:
        return message
    seen = copy(message)
    seen.text, seen.edited_at = message.own_text, message.own_edited_at
    return seen
