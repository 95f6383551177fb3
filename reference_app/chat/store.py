"""Writing messages and read markers: each function is one transaction and returns what to tell.

Nothing is published here: what a caller publishes has been committed.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from reference_app.accounts.models import User
from reference_app.chat import blocking, files, protocol
from reference_app.chat.annotations import Answered, answered_messages
from reference_app.chat.folding import fold
from reference_app.chat.frames import PLAIN, Notes, event_frame, message_frame, millis
from reference_app.chat.mentions import Writing, mentioned
from reference_app.chat.models import (
    Conversation,
    Event,
    File,
    Membership,
    Mention,
    Message,
)
from reference_app.chat.protocol import ErrorCode, Refused


@dataclass(frozen=True)
class StoredMessage:
    """The acknowledgement for the sender; the event for everyone, unless it was a repeat.

    ``hidden_from`` are members who are not to see it.
    """

    ack: protocol.Ack
    event: protocol.MessageEvent | None
    hidden_from: tuple[int, ...] = ()


@dataclass(frozen=True)
class Draft:
    """A message that is to be stored."""

    sender: User
    conversation: int
    client_id: UUID
    text: str
    reply_to: int | None = None
    files: tuple[int, ...] = ()


def append_message(
    sender: User,
    conversation_id: int,
    client_id: UUID,
    text: str,
    reply_to: int | None = None,
    file_ids: Collection[int] = (),
) -> StoredMessage:
    """Store a message, or find the one that the sender stored under this ``client_id``.

    Raises:
        Refused: the sender is no member (``not_a_member``), blocks the other (``blocked``),
            answers a message that is not in the conversation or has no such files waiting
            there (``not_found``), or used the ``client_id`` for another conversation
            (``client_id_reused``).
    """
    draft = Draft(sender, conversation_id, client_id, text, reply_to, tuple(file_ids))
    (stored,) = append_messages([draft])
    if isinstance(stored, Refused):
        raise stored
    return stored


def append_messages(drafts: Sequence[Draft]) -> list[StoredMessage | Refused]:
    """Store messages in one transaction, in this order; return what became of each.

    What is refused, and why, is as in ``append_message``; it does not touch the others.
    """
    # Repeats are rare, and a look for them costs as much as storing: the database tells. Not
    # of files, which a message takes but once.
    for expects_repeats in (any(draft.files for draft in drafts), True):
        with contextlib.suppress(IntegrityError):
            return _append_together(drafts, expects_repeats=expects_repeats)
    # Another transaction has stored one of these client_ids in another conversation,
    # whose row we do not hold, since we looked.
    if len(drafts) == 1:
        return [_reused(drafts[0].conversation)]
    return [one for draft in drafts for one in append_messages([draft])]


@transaction.atomic
def _append_together(
    drafts: Sequence[Draft], *, expects_repeats: bool
) -> list[StoredMessage | Refused]:
    conversations, members = _locked(drafts)
    known = _stored_before(drafts) if expects_repeats else {}
    now = timezone.now()
    fresh: list[tuple[Message, Notes]] = []
    outcomes: list[tuple[Message, Notes | None] | Refused] = []
    for draft, notes in zip(drafts, _notes(drafts), strict=True):
        member = members.get((draft.sender.pk, draft.conversation))
        if member is None or member.frozen_seq is not None:
            outcomes.append(_may_not_write(draft.conversation, member))
            continue
        name = (draft.sender.pk, draft.client_id)
        message = known.get(name)
        if message is not None:
            mine = message.conversation_id == draft.conversation
            outcomes.append((message, None) if mine else _reused(draft.conversation))
        elif isinstance(notes, Refused):
            outcomes.append(notes)
        else:
            message = known[name] = _numbered(draft, member, now, notes)
            fresh.append((message, notes))
            outcomes.append((message, notes))
    _insert(fresh)
    return [
        one if isinstance(one, Refused) else _stored(*one, conversations[one[0].conversation_id])
        for one in outcomes
    ]


def _notes(drafts: Sequence[Draft]) -> list[Notes | Refused]:
    """Return what each draft says of others and brings with it, or why it cannot be stored.

    There is no query where nobody is answered, nobody named, and nothing brought.
    """
    answered = answered_messages({draft.reply_to for draft in drafts if draft.reply_to})
    people = mentioned([Writing(one.conversation, one.sender.pk, one.text) for one in drafts])
    waiting = files.waiting({file for draft in drafts for file in draft.files})
    return [
        _noted(draft, answered.get(draft.reply_to) if draft.reply_to else None, named, waiting)
        for draft, named in zip(drafts, people, strict=True)
    ]


def _noted(
    draft: Draft, answered: Answered | None, people: tuple[int, ...], waiting: dict[int, File]
) -> Notes | Refused:
    if draft.reply_to and (answered is None or answered.conversation != draft.conversation):
        return _nothing_to_answer(draft.conversation)
    brought = files.brought(draft.sender, draft.conversation, draft.files, waiting)
    if isinstance(brought, Refused):
        return brought
    if not (answered or people or brought):
        return PLAIN
    return Notes(answered.quote if answered else None, people, files=brought)


def _locked(
    drafts: Sequence[Draft],
) -> tuple[dict[int, Conversation], dict[tuple[int, int], Membership]]:
    """Return the drafts' conversations, and their senders' memberships by both ids.

    The conversations' rows are locked until the transaction ends, in one order everywhere,
    so that no two transactions wait for each other; one instance of each counts its seqs.
    """
    found = (
        Membership.objects.select_related("conversation")
        .select_for_update(of=("conversation",))
        .filter(
            user__in={draft.sender.pk for draft in drafts},
            conversation__in={draft.conversation for draft in drafts},
        )
        .order_by("conversation")
    )
    conversations: dict[int, Conversation] = {}
    members = {}
    for one in found:
        one.conversation = conversations.setdefault(one.conversation_id, one.conversation)
        members[one.user_id, one.conversation_id] = one
    return conversations, members


def _stored_before(drafts: Sequence[Draft]) -> dict[tuple[int, UUID], Message]:
    """Return the messages that were stored under these senders' client_ids before."""
    found = Message.objects.filter(
        sender__in={draft.sender.pk for draft in drafts},
        client_id__in={draft.client_id for draft in drafts},
    )
    return {(one.sender_id, one.client_id): one for one in found}


def _numbered(draft: Draft, member: Membership, now: datetime, notes: Notes) -> Message:
    conversation = member.conversation
    conversation.last_seq += 1
    return Message(
        conversation=conversation,
        seq=conversation.last_seq,
        sender=draft.sender,
        client_id=draft.client_id,
        text=draft.text,
        folded=fold(draft.text),
        created_at=now,
        reply_to_id=draft.reply_to,
        is_annotated=bool(notes.mentions or notes.files),
        withheld=member.withheld,
    )


def _insert(fresh: Sequence[tuple[Message, Notes]]) -> None:
    """Store messages with their events, and where their conversations stand now."""
    Message.objects.bulk_create(message for message, _ in fresh)
    Event.objects.bulk_create(
        Event(
            conversation_id=message.conversation_id,
            seq=message.seq,
            kind=Event.Kind.MESSAGE,
            actor_id=message.sender_id,
            at=message.created_at,
            message=message,
        )
        for message, _ in fresh
    )
    Mention.objects.bulk_create(
        [
            Mention(message=message, user_id=person)
            for message, notes in fresh
            for person in notes.mentions
        ]
    )
    files.attach((message, notes.files) for message, notes in fresh if notes.files)
    grown: dict[int, set[int]] = defaultdict(set)
    counts = Counter(message.conversation_id for message, _ in fresh)
    for conversation, messages in counts.items():
        grown[messages].add(conversation)
    for messages, ids in grown.items():
        # They are locked, so nobody else moves them; bulk_update is many times as dear.
        Conversation.objects.filter(pk__in=ids).update(last_seq=F("last_seq") + messages)


def _stored(message: Message, notes: Notes | None, conversation: Conversation) -> StoredMessage:
    """Return what is told of a message; of one without notes, which is a repeat, nothing."""
    ack = _ack(message, conversation, duplicate=notes is None)
    if notes is None:
        return StoredMessage(ack, None)
    event = message_frame(message, message.sender, conversation.epoch, notes)
    hidden_from = blocking.the_other(conversation, message.sender_id) if message.withheld else ()
    return StoredMessage(ack, event, hidden_from)


@transaction.atomic
def append_read(reader: User, conversation_id: int, upto: int) -> protocol.Event | None:
    """Move a read marker forward, to a message; None if it stood there or further on already.

    Events that are no messages are not read: were they, each marker would be one more
    event to mark as read.

    Raises:
        Refused: the reader is no member.
    """
    conversation = locked_for_member(reader, conversation_id)
    upto = _newest_message(conversation, upto)
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


def locked_for_member(
    user: User, conversation_id: int, *, even_frozen: bool = False
) -> Conversation:
    """Return the conversation, its row locked until the transaction ends.

    Raises:
        Refused: the user is no member, or blocks the other (unless ``even_frozen``).
    """
    member = (
        Membership.objects.select_related("conversation")
        .select_for_update(of=("conversation",))
        .filter(conversation=conversation_id, user=user)
        .first()
    )
    if member is None or (member.frozen_seq is not None and not even_frozen):
        raise _may_not_write(conversation_id, member)
    return member.conversation


def _may_not_write(conversation_id: int, member: Membership | None) -> Refused:
    """Return the refusal for who is no member, or whose view stands still."""
    if member and member.frozen_seq:
        return blocking.writes_to_a_blocked_person(conversation_id)
    return not_a_member(conversation_id)


def not_a_member(conversation_id: int) -> Refused:
    """Return the refusal that does not tell whether the conversation exists."""
    return Refused(ErrorCode.NOT_A_MEMBER, "You are not in this conversation.", conversation_id)


def next_seq(conversation: Conversation) -> int:
    """Take the next seq of a conversation whose row is locked."""
    conversation.last_seq += 1
    conversation.save(update_fields=["last_seq"])
    return conversation.last_seq


def _newest_message(conversation: Conversation, upto: int) -> int:
    messages = Message.objects.filter(conversation=conversation, seq__lte=upto)
    return messages.order_by("-seq").values_list("seq", flat=True).first() or 0


def _nothing_to_answer(conversation_id: int) -> Refused:
    return Refused(
        ErrorCode.NOT_FOUND,
        "The message that this one answers is not in this conversation.",
        conversation_id,
    )


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
