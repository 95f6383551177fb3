"""Filters for the events and messages of a conversation that one member sees.

They leave out what the member has cleared, what came after the member's view was frozen, and what
is withheld from the member. States, histories and unread counts all use them.
"""

from __future__ import annotations

from django.db.models import OuterRef, Q
from django.db.models.functions import Coalesce

from reference_app.chat.models import Membership

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
