"""Reading what belongs to messages beside their rows: what they answer, mentions, files ...

It is read for many messages at once, and not at all for plain ones: their rows tell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, Window
from django.db.models.functions import Greatest, RowNumber

from reference_app.accounts.models import User
from reference_app.chat import protocol
from reference_app.chat.files import files_of
from reference_app.chat.frames import Notes, quote
from reference_app.chat.models import Mention, Message, Reaction
from reference_app.chat.protocol import NAMED_REACTIONS

MOST_MENTIONED = 500
"""Most unread mentions that one answer tells of, the newest: it bounds the frame."""


@dataclass(frozen=True)
class Answered:
    """A message that another one answers: where it is, and how it is quoted there."""

    conversation: int
    quote: protocol.Quote


def notes_of(messages: Iterable[Message], reader: User) -> dict[int, Notes]:
    """Return what belongs to these messages, by their id; plain ones are left out."""
    noted = [
        one for one in messages if not one.removed_at and (one.is_annotated or one.reply_to_id)
    ]
    annotated = [one.pk for one in noted if one.is_annotated]
    answered = _messages({one.reply_to_id for one in noted if one.reply_to_id})
    files = files_of({*annotated, *_annotated(answered)})
    mentions, reactions = _mentions(annotated), _reactions(annotated, reader)
    return {
        one.pk: Notes(
            quote=_quote(answered.get(one.reply_to_id or 0), files),
            mentions=mentions.get(one.pk, ()),
            reactions=reactions.get(one.pk, ()),
            files=files.get(one.pk, ()),
        )
        for one in noted
    }


def answered_messages(ids: Collection[int]) -> dict[int, Answered]:
    """Return messages as those quote them that answer them, by their id."""
    messages = _messages(ids)
    files = files_of(_annotated(messages))
    return {
        one.pk: Answered(one.conversation_id, quote(one, files.get(one.pk, ())))
        for one in messages.values()
    }


def unread_mentions(user: User) -> dict[int, tuple[int, ...]]:
    """Return the seqs of what mentions the user and is unread, by conversation, in order."""
    rows = (
        Mention.objects.filter(
            user=user,
            message__withheld=False,
            message__conversation__memberships__user=user,
            message__seq__gt=Greatest(
                "message__conversation__memberships__read_seq",
                "message__conversation__memberships__cleared_seq",
            ),
        )
        .order_by("-message")
        .values_list("message__conversation", "message__seq")[:MOST_MENTIONED]
    )
    found: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for conversation, seq in rows:
        found[conversation] = (seq, *found[conversation])
    return found


def _messages(ids: Collection[int]) -> dict[int, Message]:
    return Message.objects.select_related("sender").in_bulk(ids) if ids else {}


def _annotated(messages: dict[int, Message]) -> set[int]:
    """Return the ids of those that may have files: a plain message has none."""
    return {one.pk for one in messages.values() if one.is_annotated}


def _quote(
    message: Message | None, files: dict[int, tuple[protocol.Attachment, ...]]
) -> protocol.Quote | None:
    return quote(message, files.get(message.pk, ())) if message else None


def _mentions(ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = defaultdict(tuple)
    if ids:
        rows = Mention.objects.filter(message__in=ids).order_by("pk")
        for message, user in rows.values_list("message", "user"):
            found[message] += (user,)
    return found


def _reactions(ids: Collection[int], reader: User) -> dict[int, tuple[protocol.Reaction, ...]]:
    """Return the reactions to messages: each emoji with its first people, and the reader.

    The database counts and picks: an announcement may have a thousand of them.
    """
    found: dict[int, tuple[protocol.Reaction, ...]] = defaultdict(tuple)
    if not ids:
        return found
    alike = [F("message"), F("emoji")]
    rows = (
        Reaction.objects.filter(message__in=ids)
        .annotate(
            place=Window(RowNumber(), partition_by=alike, order_by="pk"),
            count=Window(Count("pk"), partition_by=alike),
        )
        .filter(Q(place__lte=NAMED_REACTIONS) | Q(user=reader))
        .order_by("pk")
        .values_list("message", "emoji", "user", "count")
    )
    counts: dict[tuple[int, str], int] = {}
    people: dict[tuple[int, str], tuple[int, ...]] = defaultdict(tuple)
    for message, emoji, user, count in rows:
        counts[message, emoji] = count
        people[message, emoji] += (user,)
    for (message, emoji), count in counts.items():
        found[message] += (
            protocol.Reaction(emoji=emoji, count=count, people=people[message, emoji]),
        )
    return found
