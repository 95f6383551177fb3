"""Edit, remove and react to stored messages. Each public function is one transaction.

As in store/messages.py, nothing is published here. Each public function returns the change for the
caller to publish, or None if nothing has changed, so that a repeated request is harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Conversation, Event, Membership, Mention, Message, Reaction
from reference_app.chat.records.mentions import Writing, mentioned
from reference_app.chat.records.message_details import load_details
from reference_app.chat.records.serializers import PLAIN, event_frame
from reference_app.chat.records.text_folding import fold
from reference_app.chat.records.visibility import as_seen_by, meant_for
from reference_app.chat.store import attachments
from reference_app.chat.store.audience import Audience, audience_of, has_private_reactions
from reference_app.chat.store.locking import lock_membership, next_seq
from reference_app.protocol import MAX_EMOJI, ErrorCode, Refused

_TEXT_FIELDS = ("text", "folded", "edited_at", "own_text", "own_folded", "own_edited_at")


@dataclass(frozen=True)
class StoredChange:
    """The event of a change, to be published to its audience."""

    event: protocol.Event
    audience: Audience


@transaction.atomic
def edit_message(
    user: User, conversation_id: int, message_id: int, text: str
) -> StoredChange | None:
    """Change the text of one of the user's messages.

    If the other person blocks the user, the other person still sees the earlier text.

    Raises:
        Refused: the user is not a member, there is no such message (any more), or somebody
            else has sent it.
    """
    member = lock_membership(user, conversation_id)
    message = _ensure_not_removed(_load_own(user, member.conversation, message_id))
    if as_seen_by(message, user.pk).text == text:
        return None
    now = timezone.now()
    if member.withheld and not message.withheld:
        message.own_text, message.own_folded, message.own_edited_at = text, fold(text), now
    else:
        _replace_text(message, text, now)
    message.save(update_fields=[*_TEXT_FIELDS, "is_annotated"])
    return _append_event(Event.Kind.EDITED, member, message, now)


def _replace_text(message: Message, text: str, at: datetime) -> None:
    message.text, message.folded, message.edited_at = text, fold(text), at
    message.own_text, message.own_folded, message.own_edited_at = None, "", None
    (people,) = mentioned([Writing(message.conversation_id, message.sender_id, text)])
    message.mentions.exclude(user__in=people).delete()
    message.is_annotated = message.is_annotated or bool(people)
    Mention.objects.bulk_create(
        (Mention(message=message, user_id=person) for person in people), ignore_conflicts=True
    )


@transaction.atomic
def remove_message(user: User, conversation_id: int, message_id: int) -> StoredChange | None:
    """Remove one of the user's messages: its row stays in the order, its content is deleted.

    Raises:
        Refused: the user is not a member, there is no such message, or somebody else has
            sent it.
    """
    member = lock_membership(user, conversation_id)
    message = _load_own(user, member.conversation, message_id)
    if message.removed_at:
        return None
    message.mentions.all().delete()
    message.reactions.all().delete()
    attachments.remove_from(message)
    message.text, message.folded, message.removed_at = "", "", timezone.now()
    message.own_text, message.own_folded, message.own_edited_at = None, "", None
    message.edited_at, message.reply_to, message.is_annotated = None, None, False
    # From its digest, a short text could be guessed.
    message.draft_digest = ""
    message.save(
        update_fields=[
            *_TEXT_FIELDS,
            *("removed_at", "reply_to", "is_annotated", "draft_digest"),
        ]
    )
    return _append_event(Event.Kind.REMOVED, member, message, message.removed_at)


@transaction.atomic
def react(
    user: User, conversation_id: int, message_id: int, emoji: str, *, on: bool
) -> StoredChange | None:
    """Add the user's reaction to a message, or remove it.

    Raises:
        Refused: the user is not a member, there is no such message (any more), or it already
            has the maximum number of different emoji.
    """
    member = lock_membership(user, conversation_id)
    message = _ensure_not_removed(_load_message(user, member.conversation, message_id))
    changed = (
        _add_reaction(member, message, emoji) if on else _remove_reaction(user, message, emoji)
    )
    return _append_event(Event.Kind.REACTED, member, message, timezone.now()) if changed else None


def _add_reaction(member: Membership, message: Message, emoji: str) -> bool:
    if message.reactions.filter(user=member.user_id, emoji=emoji).exists():
        return False
    others = message.reactions.exclude(emoji=emoji)
    if others.values("emoji").distinct().count() >= MAX_EMOJI:
        raise Refused(
            ErrorCode.TOO_MANY,
            f"A message may have at most {MAX_EMOJI} different emoji.",
            message.conversation_id,
        )
    Reaction.objects.create(
        message=message, user_id=member.user_id, emoji=emoji, withheld=member.withheld
    )
    if not message.is_annotated:
        message.is_annotated = True
        message.save(update_fields=["is_annotated"])
    return True


def _remove_reaction(user: User, message: Message, emoji: str) -> bool:
    deleted, _ = message.reactions.filter(user=user, emoji=emoji).delete()
    return bool(deleted)


def _load_message(user: User, conversation: Conversation, message_id: int) -> Message:
    visible = Message.objects.filter(meant_for(user.pk), conversation=conversation)
    message = visible.filter(pk=message_id).first()
    if message is None:
        raise _message_not_found(conversation.pk)
    message.conversation = conversation  # the instance that is locked and counts seqs
    return message


def _load_own(user: User, conversation: Conversation, message_id: int) -> Message:
    message = _load_message(user, conversation, message_id)
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


def _append_event(
    kind: Event.Kind, member: Membership, message: Message, at: datetime
) -> StoredChange:
    """Store the event of a change; return its frame, as its actor sees it, and its audience."""
    conversation = member.conversation
    event = Event.objects.create(
        conversation=conversation,
        seq=next_seq(conversation),
        kind=kind,
        actor=member.user,
        at=at,
        message=message,
    )
    details = load_details([message], member.user).get(message.pk, PLAIN)
    event.message = as_seen_by(message, member.user_id)
    audience = audience_of(
        conversation,
        member.user_id,
        is_withheld=member.withheld or message.withheld,
        is_private=kind is Event.Kind.REACTED and has_private_reactions(message),
    )
    return StoredChange(event_frame(event, conversation.epoch, details), audience)
