"""Store new messages in one transaction, and publish nothing.

The caller publishes the returned events after the commit.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from reference_app import protocol
from reference_app.chat.models import (
    Conversation,
    Event,
    File,
    Membership,
    Mention,
    Message,
)
from reference_app.chat.records.draft import Draft
from reference_app.chat.records.mentions import Writing, mentioned
from reference_app.chat.records.message_details import Answered, answered_messages, load_details
from reference_app.chat.records.serializers import PLAIN, MessageDetails, message_frame
from reference_app.chat.records.text_folding import fold
from reference_app.chat.records.visibility import as_seen_by
from reference_app.chat.store import attachments
from reference_app.chat.store.audience import Audience, audience_of, has_private_changes
from reference_app.chat.store.locking import may_not_write
from reference_app.protocol import ErrorCode, Refused
from reference_app.protocol.times import millis


@dataclass(frozen=True)
class StoredMessage:
    """The acknowledgement for the sender, and the event to publish.

    A repeat has an event too, because the first one may not have been published: the process died
    before, or the answer to its COMMIT was lost.
    """

    ack: protocol.Ack
    event: protocol.MessageEvent
    audience: Audience


def append_message(draft: Draft) -> StoredMessage:
    """Store a message, or find the one that the sender stored under this ``client_id``.

    Raises:
        Refused: the sender is not a member (``not_a_member``) or blocks the other person
            (``blocked``); the message in ``reply_to`` is not in the conversation, or a file
            is not among the sender's unsent uploads there (``not_found``); or the sender used
            the ``client_id`` for another message (``client_id_reused``).
    """
    (stored,) = append_messages([draft])
    if isinstance(stored, Refused):
        raise stored
    return stored


def append_messages(drafts: Sequence[Draft]) -> list[StoredMessage | Refused]:
    """Store messages in one transaction, in this order; return the result of each.

    The reasons for a refusal are those of ``append_message``. A refused message does not affect
    the others.
    """
    # Repeats are rare, and a query for them costs as much as storing. So the first attempt relies
    # on the unique constraint.
    for expects_repeats in (False, True):
        with contextlib.suppress(IntegrityError):
            return _append_in_transaction(drafts, expects_repeats=expects_repeats)
    # After the query for repeats, another transaction has stored one of these client_ids in
    # another conversation, whose row is not locked here.
    if len(drafts) == 1:
        return [_client_id_reused(drafts[0])]
    return [one for draft in drafts for one in append_messages([draft])]


@transaction.atomic
def _append_in_transaction(
    drafts: Sequence[Draft], *, expects_repeats: bool
) -> list[StoredMessage | Refused]:
    members = _lock_conversations(drafts)
    checked = _check(drafts, members)
    # A draft that would be refused now may be a repeat. When it was stored, its sender was a member
    # and its files were not sent yet.
    has_refusals = any(isinstance(details, Refused) for details in checked)
    stored = _find_stored(drafts) if expects_repeats or has_refusals else {}
    now = timezone.now()
    new_messages: list[tuple[Message, MessageDetails]] = []
    results: list[tuple[Message, MessageDetails | None] | Refused] = []
    for draft, details in zip(drafts, checked, strict=True):
        key = (draft.sender.pk, draft.client_id)
        message = stored.get(key)
        if message is not None:
            is_repeat = _is_repeat(draft, message)
            results.append((message, None) if is_repeat else _client_id_reused(draft))
        elif isinstance(details, Refused):
            results.append(details)
        else:
            member = members[draft.sender.pk, draft.conversation]
            message = stored[key] = _build_message(draft, member, now, details)
            new_messages.append((message, details))
            results.append((message, details))
    _insert(new_messages)
    return [one if isinstance(one, Refused) else _build_result(*one) for one in results]


def _is_repeat(draft: Draft, message: Message) -> bool:
    """Return whether a draft has the content of the message that has its ``client_id``.

    It compares digests, because the message may have been edited since. Messages of older releases
    and removed messages have no digest: for them, the conversation has to be enough.
    """
    is_same_conversation = message.conversation_id == draft.conversation
    return is_same_conversation and message.draft_digest in {"", draft.digest()}


def _check(
    drafts: Sequence[Draft], members: Mapping[tuple[int, int], Membership]
) -> list[MessageDetails | Refused]:
    """Return the quote, mentions and files of each draft, or why it cannot be stored.

    Without replies, mentions and files there is no query.
    """
    answered = answered_messages({draft.reply_to for draft in drafts if draft.reply_to})
    people = mentioned([Writing(one.conversation, one.sender.pk, one.text) for one in drafts])
    unsent = attachments.lock_unsent({file for draft in drafts for file in draft.files})
    checked: list[MessageDetails | Refused] = []
    for draft, mentions in zip(drafts, people, strict=True):
        member = members.get((draft.sender.pk, draft.conversation))
        if member is None or member.frozen_seq is not None:
            checked.append(may_not_write(draft.conversation, member))
        else:
            quoted = answered.get(draft.reply_to) if draft.reply_to else None
            checked.append(_build_details(draft, quoted, mentions, unsent))
    return checked


def _build_details(
    draft: Draft, answered: Answered | None, mentions: tuple[int, ...], unsent: dict[int, File]
) -> MessageDetails | Refused:
    quoted = _quote(draft, answered)
    if draft.reply_to and quoted is None:
        return _reply_target_not_found(draft.conversation)
    files = attachments.take_files(draft.sender, draft.conversation, draft.files, unsent)
    if isinstance(files, Refused):
        return files
    if not (quoted or mentions or files):
        return PLAIN
    is_private = answered is not None and answered.is_private
    return MessageDetails(quoted, mentions, files=files, has_private_quote=is_private)


def _quote(draft: Draft, answered: Answered | None) -> protocol.Quote | None:
    """Return the quote of the answered message; None if the sender sees no such message there."""
    if answered is None or answered.message.conversation_id != draft.conversation:
        return None
    return answered.quote_for(draft.sender.pk)


def _lock_conversations(drafts: Sequence[Draft]) -> dict[tuple[int, int], Membership]:
    """Lock the drafts' conversations; return the memberships by user and conversation.

    The rows stay locked until the transaction ends. Every transaction locks them in the same
    order, so that no two wait for each other. All memberships of a conversation share one
    ``Conversation`` instance, which counts its seqs.
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
    return members


def _find_stored(drafts: Sequence[Draft]) -> dict[tuple[int, UUID], Message]:
    """Return the messages that these senders have already stored under these client_ids."""
    found = Message.objects.select_related("conversation", "sender").filter(
        sender__in={draft.sender.pk for draft in drafts},
        client_id__in={draft.client_id for draft in drafts},
    )
    return {(one.sender_id, one.client_id): one for one in found}


def _build_message(
    draft: Draft, member: Membership, now: datetime, details: MessageDetails
) -> Message:
    conversation = member.conversation
    conversation.last_seq += 1
    return Message(
        conversation=conversation,
        seq=conversation.last_seq,
        sender=draft.sender,
        client_id=draft.client_id,
        draft_digest=draft.digest(),
        text=draft.text,
        folded=fold(draft.text),
        created_at=now,
        reply_to_id=draft.reply_to,
        is_annotated=bool(details.mentions or details.files),
        withheld=member.withheld,
    )


def _insert(new_messages: Sequence[tuple[Message, MessageDetails]]) -> None:
    """Store messages with their events, and the new ``last_seq`` of their conversations."""
    Message.objects.bulk_create(message for message, _ in new_messages)
    Event.objects.bulk_create(
        Event(
            conversation_id=message.conversation_id,
            seq=message.seq,
            kind=Event.Kind.MESSAGE,
            actor_id=message.sender_id,
            at=message.created_at,
            message=message,
        )
        for message, _ in new_messages
    )
    Mention.objects.bulk_create(
        [
            Mention(message=message, user_id=person)
            for message, details in new_messages
            for person in details.mentions
        ]
    )
    attachments.attach(
        (message, details.files) for message, details in new_messages if details.files
    )
    grown: dict[int, set[int]] = defaultdict(set)
    counts = Counter(message.conversation_id for message, _ in new_messages)
    for conversation, messages in counts.items():
        grown[messages].add(conversation)
    for messages, ids in grown.items():
        # The rows are locked, so no other transaction changes last_seq. bulk_update costs many
        # times as much.
        Conversation.objects.filter(pk__in=ids).update(last_seq=F("last_seq") + messages)


def _build_result(message: Message, details: MessageDetails | None) -> StoredMessage:
    """Return the acknowledgement and the event of a message; without details it is a repeat."""
    is_repeat = details is None
    if details is None:
        details = load_details([message], message.sender).get(message.pk, PLAIN)
    event = message_frame(
        as_seen_by(message, message.sender_id), message.sender, message.conversation.epoch, details
    )
    audience = audience_of(
        message.conversation,
        message.sender_id,
        is_withheld=message.withheld,
        is_private=details.has_private_quote or (is_repeat and has_private_changes(message)),
    )
    return StoredMessage(_build_ack(message, duplicate=is_repeat), event, audience)


def _reply_target_not_found(conversation_id: int) -> Refused:
    return Refused(
        ErrorCode.NOT_FOUND,
        "The message that this one answers is not in this conversation.",
        conversation_id,
    )


def _client_id_reused(draft: Draft) -> Refused:
    return Refused(
        ErrorCode.CLIENT_ID_REUSED,
        "This client_id names another message: make a new one for each message.",
        draft.conversation,
    )


def _build_ack(message: Message, *, duplicate: bool) -> protocol.Ack:
    return protocol.Ack(
        client_id=message.client_id,
        conversation=message.conversation_id,
        epoch=message.conversation.epoch,
        seq=message.seq,
        id=message.pk,
        at=millis(message.created_at),
        duplicate=duplicate,
    )
