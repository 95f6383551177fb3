"""Edit, remove and react to stored messages. Each public function is one transaction.

As in store/messages.py, nothing is published here. Each public function returns the event for the
caller to publish, or None if nothing has changed, so that a repeated request is harmless.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Event, Mention, Message, Reaction
from reference_app.chat.records.mentions import Writing, mentioned
from reference_app.chat.records.message_details import load_details
from reference_app.chat.records.serializers import PLAIN, event_frame
from reference_app.chat.records.text_folding import fold
from reference_app.chat.store import attachments
from reference_app.chat.store.locking import lock_for_member, next_seq
from reference_app.protocol import MAX_EMOJI, ErrorCode, Refused


@transaction.atomic
def edit_message(
    user: User, conversation_id: int, message_id: int, text: str
) -> protocol.Event | None:
    """Change the text of one of the user's messages.

    Raises:
        Refused: the user is not a member, there is no such message (any more), or somebody
            else has sent it.
    """
    conversation = lock_for_member(user, conversation_id)
    message = _ensure_not_removed(_load_own(user, conversation, message_id))
    if message.text == text:
        return None
    message.text, message.folded, message.edited_at = text, fold(text), timezone.now()
    (people,) = mentioned([Writing(conversation.pk, user.pk, text)])
    message.mentions.exclude(user__in=people).delete()
    message.is_annotated = message.is_annotated or bool(people)
    Mention.objects.bulk_create(
        (Mention(message=message, user_id=person) for person in people), ignore_conflicts=True
    )
    message.save(update_fields=["text", "folded", "edited_at", "is_annotated"])
    return _append_event(Event.Kind.EDITED, user, message, message.edited_at)


@transaction.atomic
def remove_message(user: User, conversation_id: int, message_id: int) -> protocol.Event | None:
    """Remove one of the user's messages: its row stays in the order, its content is deleted.

    Raises:
        Refused: the user is not a member, there is no such message, or somebody else has
            sent it.
    """
    conversation = lock_for_member(user, conversation_id)
    message = _load_own(user, conversation, message_id)
    if message.removed_at:
        return None
    message.mentions.all().delete()
    message.reactions.all().delete()
    attachments.remove_from(message)
    message.text, message.folded, message.removed_at = "", "", timezone.now()
    message.edited_at, message.reply_to, message.is_annotated = None, None, False
    # A digest of a short text can be guessed.
    message.draft_digest = ""
    message.save(
        update_fields=[
            *("text", "folded", "removed_at", "edited_at", "reply_to", "is_annotated"),
            "draft_digest",
        ]
    )
    return _append_event(Event.Kind.REMOVED, user, message, message.removed_at)


@transaction.atomic
def react(
    user: User, conversation_id: int, message_id: int, emoji: str, *, on: bool
) -> protocol.Event | None:
    """Add the user's reaction to a message, or remove it.

    Raises:
        Refused: the user is not a member, there is no such message (any more), or it already
            has the maximum number of different emoji.
    """
    conversation = lock_for_member(user, conversation_id)
    message = _ensure_not_removed(_load_message(conversation, message_id))
    changed = _add_reaction(user, message, emoji) if on else _remove_reaction(user, message, emoji)
    return _append_event(Event.Kind.REACTED, user, message, timezone.now()) if changed else None


def _add_reaction(user: User, message: Message, emoji: str) -> bool:
    if message.reactions.filter(user=user, emoji=emoji).exists():
        return False
    others = message.reactions.exclude(emoji=emoji)
    if others.values("emoji").distinct().count() >= MAX_EMOJI:
        raise Refused(
            ErrorCode.TOO_MANY,
            f"A message may have at most {MAX_EMOJI} different emoji.",
            message.conversation_id,
        )
    Reaction.objects.create(message=message, user=user, emoji=emoji)
    if not message.is_annotated:
        message.is_annotated = True
        message.save(update_fields=["is_annotated"])
    return True


def _remove_reaction(user: User, message: Message, emoji: str) -> bool:
    deleted, _ = message.reactions.filter(user=user, emoji=emoji).delete()
    return bool(deleted)


def _load_message(conversation: Conversation, message_id: int) -> Message:
    message = Message.objects.filter(conversation=conversation, pk=message_id).first()
    if message is None:
        raise _message_not_found(conversation.pk)
    message.conversation = conversation  # the instance that is locked and counts seqs
    return message


def _load_own(user: User, conversation: Conversation, message_id: int) -> Message:
    message = _load_message(conversation, message_id)
    if message.sender_id != user.pk:
        raise Refused(ErrorCode.FORBIDDEN, "This message is somebody else's.", conversation.pk)
    return message


def _ensure_not_removed(message: Message) -> Message:
    if message.removed_at:
        raise _message_not_found(message.conversation_id)
    return message


def _message_not_found(conversation_id: int) -> Refused:
    return Refused(
        ErrorCode.NOT_FOUND, "There is no such message in this conversation.", conversation_id
    )


def _append_event(kind: Event.Kind, user: User, message: Message, at: datetime) -> protocol.Event:
    """Store the event of a change, and return its frame."""
    conversation = message.conversation
    event = Event.objects.create(
        conversation=conversation,
        seq=next_seq(conversation),
        kind=kind,
        actor=user,
        at=at,
        message=message,
    )
    details = load_details([message], user).get(message.pk, PLAIN)
    return event_frame(event, conversation.epoch, details)
