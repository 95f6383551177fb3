"""Load the messages of a conversation, page by page, and the notices of a group between them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.records.errors import not_a_member
from reference_app.chat.records.message_details import load_details
from reference_app.chat.records.serializers import PLAIN, message_frame, notice_frame
from reference_app.chat.records.visibility import SHOWN, as_seen_by, meant_for, within

HISTORY_LIMIT = 50
"""Messages of one page, unless the client asks for another number."""

NOTICES_LIMIT = 200
"""Maximum number of notices in one page of history, the newest: it bounds the response."""


def load_history(
    user: User, conversation_id: int, before: int | None, limit: int = HISTORY_LIMIT
) -> protocol.History:
    """Return the last messages before a seq, or the newest if it is None; oldest first.

    Raises:
        Refused: the user is not a member.
    """
    member = (
        Membership.objects.select_related("conversation")
        .filter(SHOWN, conversation=conversation_id, user=user)
        .first()
    )
    if member is None:
        raise not_a_member(conversation_id)
    epoch = member.conversation.epoch
    in_range = within(member) if before is None else within(member) & Q(seq__lt=before)
    messages = Message.objects.filter(
        in_range, meant_for(user.pk), conversation=conversation_id
    ).select_related("sender")
    newest_first = list(messages.order_by("-seq")[: limit + 1])
    shown = [as_seen_by(message, user.pk) for message in newest_first[:limit][::-1]]
    details = load_details(shown, user)
    return protocol.History(
        messages=[
            message_frame(message, message.sender, epoch, details.get(message.pk, PLAIN))
            for message in shown
        ],
        notices=_load_notices(member, in_range, newest_first, limit),
        more=len(newest_first) > limit,
    )


def _load_notices(
    member: Membership, in_range: Q, newest_first: Sequence[Message], limit: int
) -> list[protocol.Notice]:
    """Return the notices of a group that belong to one page of messages.

    They begin after the message that precedes the page.
    """
    if member.conversation.kind != Conversation.Kind.GROUP:
        return []
    if len(newest_first) > limit:
        in_range &= Q(seq__gt=newest_first[-1].seq)
    events = Event.objects.filter(in_range, conversation=member.conversation, message=None)
    events = events.exclude(kind=Event.Kind.READ).select_related("actor", "subject")
    newest = events.order_by("-seq")[:NOTICES_LIMIT]
    return [notice_frame(event, member.conversation.epoch) for event in reversed(newest)]
