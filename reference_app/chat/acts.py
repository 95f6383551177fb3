"""What one does with a message that is stored: each function is one transaction.

As in store.py, nothing is published here; each function returns the event that is to be
told, or None where nothing has changed: to ask for the same again is harmless.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from reference_app.accounts.models import User
from reference_app.chat import files, protocol
from reference_app.chat.annotations import notes_of
from reference_app.chat.folding import fold
from reference_app.chat.frames import PLAIN, event_frame
from reference_app.chat.mentions import Writing, mentioned
from reference_app.chat.models import Conversation, Event, Mention, Message, Reaction
from reference_app.chat.protocol import MAX_EMOJI, ErrorCode, Refused
from reference_app.chat.store import locked_for_member, next_seq


@transaction.atomic
def edit_message(
    user: User, conversation_id: int, message_id: int, text: str
) -> protocol.Event | None:
    """Change what a message of one's own says.

    Raises:
        Refused: the user is no member, there is no such message (any more), or it is
            somebody else's.
    """
    conversation = locked_for_member(user, conversation_id)
    message = _standing(_own(user, conversation, message_id))
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
    return _happened(Event.Kind.EDITED, user, message, message.edited_at)


@transaction.atomic
def remove_message(user: User, conversation_id: int, message_id: int) -> protocol.Event | None:
    """Remove a message of one's own: its place stays, what it said is gone.

    Raises:
        Refused: the user is no member, there is no such message, or it is somebody else's.
    """
    conversation = locked_for_member(user, conversation_id)
    message = _own(user, conversation, message_id)
    if message.removed_at:
        return None
    message.mentions.all().delete()
    message.reactions.all().delete()
    files.remove_from(message)
    message.text, message.folded, message.removed_at = "", "", timezone.now()
    message.edited_at, message.reply_to, message.is_annotated = None, None, False
    message.save(
        update_fields=["text", "folded", "removed_at", "edited_at", "reply_to", "is_annotated"]
    )
    return _happened(Event.Kind.REMOVED, user, message, message.removed_at)


@transaction.atomic
def react(
    user: User, conversation_id: int, message_id: int, emoji: str, *, on: bool
) -> protocol.Event | None:
    """Put an emoji on a message, or take one's own off it again.

    Raises:
        Refused: the user is no member, there is no such message (any more), or it has as
            many different emoji as it may have.
    """
    conversation = locked_for_member(user, conversation_id)
    message = _standing(_message(conversation, message_id))
    changed = _put_on(user, message, emoji) if on else _taken_off(user, message, emoji)
    return _happened(Event.Kind.REACTED, user, message, timezone.now()) if changed else None


def _put_on(user: User, message: Message, emoji: str) -> bool:
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


def _taken_off(user: User, message: Message, emoji: str) -> bool:
    deleted, _ = message.reactions.filter(user=user, emoji=emoji).delete()
    return bool(deleted)


def _message(conversation: Conversation, message_id: int) -> Message:
    message = Message.objects.filter(conversation=conversation, pk=message_id).first()
    if message is None:
        raise _not_there(conversation.pk)
    message.conversation = conversation  # the very row that is locked
    return message


def _own(user: User, conversation: Conversation, message_id: int) -> Message:
    message = _message(conversation, message_id)
    if message.sender_id != user.pk:
        raise Refused(ErrorCode.FORBIDDEN, "This message is somebody else's.", conversation.pk)
    return message


def _standing(message: Message) -> Message:
    if message.removed_at:
        raise _not_there(message.conversation_id)
    return message


def _not_there(conversation_id: int) -> Refused:
    return Refused(
        ErrorCode.NOT_FOUND, "There is no such message in this conversation.", conversation_id
    )


def _happened(kind: Event.Kind, user: User, message: Message, at: datetime) -> protocol.Event:
    """Store and return the event that tells of an act."""
    conversation = message.conversation
    event = Event.objects.create(
        conversation=conversation,
        seq=next_seq(conversation),
        kind=kind,
        actor=user,
        at=at,
        message=message,
    )
    notes = notes_of([message], user).get(message.pk, PLAIN)
    return event_frame(event, conversation.epoch, notes)
