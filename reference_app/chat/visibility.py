"""What of a conversation one member sees: not what they cleared, nor what is withheld.

One place for it: states, histories and counts of unread messages all ask here.
"""

from __future__ import annotations

from django.db.models import OuterRef, Q
from django.db.models.functions import Coalesce

from reference_app.chat.models import Membership

SHOWN = ~Q(frozen_seq=0)
"""Of memberships: the conversation is shown to the member at all."""


def within(membership: Membership) -> Q:
    """Return which events and messages of its conversation a membership reaches to."""
    reached = Q(seq__gt=membership.cleared_seq)
    upto = membership.frozen_seq
    return reached if upto is None else reached & Q(seq__lte=upto)


def within_row() -> Q:
    """Return the same in a subquery of memberships."""
    upto = Coalesce(OuterRef("frozen_seq"), OuterRef("conversation__last_seq"))
    return Q(seq__gt=OuterRef("cleared_seq"), seq__lte=upto)


def within_message() -> Q:
    """Return the same in a subquery of messages, of memberships that reach to them."""
    seq = OuterRef("seq")
    return Q(cleared_seq__lt=seq) & (Q(frozen_seq=None) | Q(frozen_seq__gte=seq))


def meant_for(reader_id: int) -> Q:
    """Return which messages are not withheld from a reader."""
    return Q(withheld=False) | Q(sender=reader_id)
