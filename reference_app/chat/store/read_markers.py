"""Store how far the members of a conversation have read."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.records.serializers import event_frame
from reference_app.chat.store.locking import lock_for_member, next_seq


@transaction.atomic
def append_read(reader: User, conversation_id: int, upto: int) -> protocol.Event | None:
    """Move a read marker forward to a message; return None if it is there or further already.

    A marker points only to messages. It is itself an event: if it could point to any event,
    each marker would be one more event to mark as read.

    Raises:
        Refused: the reader is not a member.
    """
    conversation = lock_for_member(reader, conversation_id)
    upto = _find_newest_message_seq(conversation, upto)
    moved = Membership.objects.filter(
        conversation=conversation, user=reader, read_seq__lt=upto
    ).update(read_seq=upto)
    if not moved:
        return None
    event = Event.objects.create(
        conversation=conversation,
        seq=next_seq(conversation),
        kind=Event.Kind.READ,
        actor=reader,
        at=timezone.now(),
        upto=upto,
    )
    return event_frame(event, conversation.epoch)


def _find_newest_message_seq(conversation: Conversation, upto: int) -> int:
    messages = Message.objects.filter(conversation=conversation, seq__lte=upto)
    return messages.order_by("-seq").values_list("seq", flat=True).first() or 0
