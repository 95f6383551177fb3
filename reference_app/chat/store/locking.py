"""Lock a conversation's row for a member who writes to it."""

from __future__ import annotations

from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Membership
from reference_app.chat.records.errors import not_a_member, writes_to_a_blocked_person
from reference_app.protocol import Refused


def lock_for_member(user: User, conversation_id: int, *, even_frozen: bool = False) -> Conversation:
    """Lock the conversation's row until the transaction ends, and return the conversation.

    Raises:
        Refused: the user is not a member, or blocks the other person (unless ``even_frozen``).
    """
    return lock_membership(user, conversation_id, even_frozen=even_frozen).conversation


def lock_membership(user: User, conversation_id: int, *, even_frozen: bool = False) -> Membership:
    """Do as ``lock_for_member``, and return the user's membership with its conversation."""
    member = (
        Membership.objects.select_related("conversation")
        .select_for_update(of=("conversation",))
        .filter(conversation=conversation_id, user=user)
        .first()
    )
    if member is None or (member.frozen_seq is not None and not even_frozen):
        raise may_not_write(conversation_id, member)
    member.user = user
    return member


def may_not_write(conversation_id: int, member: Membership | None) -> Refused:
    """Return the refusal for a user who is not a member, or whose view is frozen by a block."""
    if member and member.frozen_seq:
        return writes_to_a_blocked_person(conversation_id)
    return not_a_member(conversation_id)


def next_seq(conversation: Conversation) -> int:
    """Store and return the next seq of a conversation whose row is locked."""
    conversation.last_seq += 1
    conversation.save(update_fields=["last_seq"])
    return conversation.last_seq
