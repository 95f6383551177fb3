"""Writing: each function is one transaction, and returns what is to be told.

Nothing is published here: what a caller publishes has been committed.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from reference_app.accounts.models import User
from reference_app.chat import protocol
from reference_app.chat.frames import event_frame, message_frame, millis
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.protocol import ErrorCode, Refused


@dataclass(frozen=True)
class StoredMessage:
    """The acknowledgement for the sender; the event for everyone, unless it was a repeat."""

    ack: protocol.Ack
    event: protocol.MessageEvent | None


@dataclass(frozen=True)
class MadeConversation:
    """A conversation, and who has to be told that they are in it now."""

    id: int
    new_members: tuple[int, ...]


@transaction.atomic
def append_message(sender: User, conversation_id: int, client_id: UUID, text: str) -> StoredMessage:
    """Store a message, or find the one that the sender stored under this ``client_id``.

    Raises:
        Refused: the sender is no member (``not_a_member``), or used the ``client_id``
            for another conversation (``client_id_reused``).
    """
    conversation = _locked_for_member(sender, conversation_id)
    stored = Message.objects.filter(sender=sender, client_id=client_id).first()
    if stored is not None:
        return _repeated(stored, conversation)
    now = timezone.now()
    seq = _next_seq(conversation)
    try:
        with transaction.atomic():
            message = Message.objects.create(
                conversation=conversation,
                seq=seq,
                sender=sender,
                client_id=client_id,
                text=text,
                created_at=now,
            )
    except IntegrityError:
        # Another conversation's transaction stored this client_id since we looked.
        raise _reused(conversation_id) from None
    Event.objects.create(
        conversation=conversation,
        seq=seq,
        kind=Event.Kind.MESSAGE,
        actor=sender,
        at=now,
        message=message,
    )
    event = message_frame(message, sender, conversation.epoch)
    return StoredMessage(_ack(message, conversation, duplicate=False), event)


@transaction.atomic
def append_read(reader: User, conversation_id: int, upto: int) -> protocol.Event | None:
    """Move a read marker forward, to a message; None if it stood there or further on already.

    Events that are no messages are not read: were they, each marker would be one more
    event to mark as read.

    Raises:
        Refused: the reader is no member.
    """
    conversation = _locked_for_member(reader, conversation_id)
    upto = _newest_message(conversation, upto)
    moved = Membership.objects.filter(
        conversation=conversation, user=reader, read_seq__lt=upto
    ).update(read_seq=upto)
    if not moved:
        return None
    event = Event.objects.create(
        conversation=conversation,
        seq=_next_seq(conversation),
        kind=Event.Kind.READ,
        actor=reader,
        at=timezone.now(),
        upto=upto,
    )
    return event_frame(event, conversation.epoch)


@transaction.atomic
def direct_conversation(user: User, other_id: int) -> MadeConversation:
    """Return the conversation of two people, made if they have none.

    Raises:
        Refused: there is no such person, or it is oneself.
    """
    if other_id == user.pk:
        raise Refused(ErrorCode.INVALID, "A direct conversation needs another person.")
    people = _people({other_id})
    low, high = sorted((user.pk, other_id))
    conversation, created = Conversation.objects.get_or_create(
        direct_key=f"{low}:{high}", defaults={"kind": Conversation.Kind.DIRECT}
    )
    if not created:
        return MadeConversation(conversation.pk, ())
    return _with_members(conversation, [user, *people])


@transaction.atomic
def group_conversation(user: User, title: str, member_ids: Collection[int]) -> MadeConversation:
    """Make a group of these people and the user.

    Raises:
        Refused: one of the people does not exist.
    """
    people = _people(set(member_ids) - {user.pk})
    conversation = Conversation.objects.create(kind=Conversation.Kind.GROUP, title=title.strip())
    return _with_members(conversation, [user, *people])


def _locked_for_member(user: User, conversation_id: int) -> Conversation:
    """Return the conversation, its row locked until the transaction ends."""
    conversation = (
        Conversation.objects.select_for_update(of=("self",))
        .filter(pk=conversation_id, memberships__user=user)
        .first()
    )
    if conversation is None:
        raise not_a_member(conversation_id)
    return conversation


def not_a_member(conversation_id: int) -> Refused:
    """Return the refusal that does not tell whether the conversation exists."""
    return Refused(ErrorCode.NOT_A_MEMBER, "You are not in this conversation.", conversation_id)


def _next_seq(conversation: Conversation) -> int:
    conversation.last_seq += 1
    conversation.save(update_fields=["last_seq"])
    return conversation.last_seq


def _newest_message(conversation: Conversation, upto: int) -> int:
    messages = Message.objects.filter(conversation=conversation, seq__lte=upto)
    return messages.order_by("-seq").values_list("seq", flat=True).first() or 0


def _repeated(stored: Message, conversation: Conversation) -> StoredMessage:
    if stored.conversation_id != conversation.pk:
        raise _reused(conversation.pk)
    return StoredMessage(_ack(stored, conversation, duplicate=True), None)


def _reused(conversation_id: int) -> Refused:
    return Refused(
        ErrorCode.CLIENT_ID_REUSED,
        "This client_id names a message of another conversation.",
        conversation_id,
    )


def _ack(message: Message, conversation: Conversation, *, duplicate: bool) -> protocol.Ack:
    return protocol.Ack(
        client_id=message.client_id,
        conversation=conversation.pk,
        epoch=conversation.epoch,
        seq=message.seq,
        id=message.pk,
        at=millis(message.created_at),
        duplicate=duplicate,
    )


def _people(ids: set[int]) -> list[User]:
    people = list(User.objects.filter(pk__in=ids, is_active=True))
    missing = ids - {person.pk for person in people}
    if missing:
        raise Refused(ErrorCode.NOT_FOUND, f"There is nobody with id {min(missing)}.")
    return people


def _with_members(conversation: Conversation, people: list[User]) -> MadeConversation:
    Membership.objects.bulk_create(
        Membership(conversation=conversation, user=person) for person in people
    )
    return MadeConversation(conversation.pk, tuple(person.pk for person in people))
