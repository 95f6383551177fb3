"""Load what belongs to messages in addition to their rows: quotes, mentions, reactions, files.

It is loaded for many messages at once. Plain messages need no query: their rows show that they
have none of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db import router
from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import Greatest, RowNumber

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.models import Mention, Message, Reaction
from reference_app.chat.records.attachment_lookup import load_attachments
from reference_app.chat.records.compiled_query import CompiledQuery, Row
from reference_app.chat.records.serializers import MessageDetails, quote
from reference_app.chat.records.visibility import as_seen_by, is_meant_for, reaction_meant_for
from reference_app.protocol import NAMED_REACTIONS

MAX_UNREAD_MENTIONS = 500
"""Maximum number of unread mentions in one response, the newest: it bounds the frame."""


@dataclass(frozen=True)
class Answered:
    """A message that another one answers, and its files."""

    message: Message
    files: tuple[protocol.Attachment, ...]

    @property
    def is_private(self) -> bool:
        """Whether it is withheld from a member, or has another text for its sender."""
        return self.message.withheld or self.message.own_text is not None

    def quote_for(self, reader_id: int) -> protocol.Quote | None:
        """Return the quote that a reader sees; None if the message is withheld from them."""
        if not is_meant_for(self.message, reader_id):
            return None
        return quote(as_seen_by(self.message, reader_id), self.files)


def load_details(messages: Iterable[Message], reader: User) -> dict[int, MessageDetails]:
    """Return the details of these messages by id; plain messages are left out."""
    detailed = [
        one for one in messages if not one.removed_at and (one.is_annotated or one.reply_to_id)
    ]
    annotated = [one.pk for one in detailed if one.is_annotated]
    originals = messages_by_id({one.reply_to_id for one in detailed if one.reply_to_id})
    files = load_attachments({*annotated, *_select_annotated(originals)})
    answered = _build_answered(originals, files)
    mentions, reactions = _load_mentions(annotated), _load_reactions(annotated, reader)
    return {
        one.pk: MessageDetails(
            quote=quoted.quote_for(reader.pk) if quoted else None,
            mentions=mentions.get(one.pk, ()),
            reactions=reactions.get(one.pk, ()),
            files=files.get(one.pk, ()),
            has_private_quote=quoted is not None and quoted.is_private,
        )
        for one in detailed
        for quoted in [answered.get(one.reply_to_id or 0)]
    }


def answered_messages(ids: Collection[int]) -> dict[int, Answered]:
    """Return the messages that others answer, by id."""
    messages = messages_by_id(ids)
    return _build_answered(messages, load_attachments(_select_annotated(messages)))


def _build_answered(
    messages: Mapping[int, Message], files: Mapping[int, tuple[protocol.Attachment, ...]]
) -> dict[int, Answered]:
    return {id_: Answered(message, files.get(id_, ())) for id_, message in messages.items()}


def _unread_mentions(user_id: int) -> QuerySet[Mention, Row]:
    rows = Mention.objects.filter(
        user=user_id,
        message__withheld=False,
        message__conversation__memberships__user=user_id,
        message__seq__gt=Greatest(
            "message__conversation__memberships__read_seq",
            "message__conversation__memberships__cleared_seq",
        ),
    ).order_by("-message")
    return rows.values_list("message__conversation", "message__seq")[:MAX_UNREAD_MENTIONS]


UNREAD_MENTIONS = CompiledQuery(Mention, _unread_mentions)


def unread_mentions(user: User) -> dict[int, tuple[int, ...]]:
    """Return the seqs of unread messages that mention the user, by conversation, in order."""
    found: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for conversation, seq in UNREAD_MENTIONS.rows(user.pk):
        found[conversation] = (seq, *found[conversation])
    return found


_MESSAGE_FIELDS = [field.attname for field in Message._meta.concrete_fields]
_USER_FIELDS = [field.attname for field in User._meta.concrete_fields]


def _messages(ids: Collection[int]) -> QuerySet[Message, Row]:
    senders = (f"sender__{name}" for name in _USER_FIELDS)
    return Message.objects.filter(pk__in=ids).values_list(*_MESSAGE_FIELDS, *senders)


MESSAGES = CompiledQuery(Message, _messages)


def messages_by_id(ids: Collection[int]) -> dict[int, Message]:
    """Return messages by id, with their senders."""
    return {message.pk: message for message in map(_build_message, MESSAGES.rows_in_batches(ids))}


def _build_message(row: Row) -> Message:
    database, ends = router.db_for_read(Message), len(_MESSAGE_FIELDS)
    message = Message.from_db(database, _MESSAGE_FIELDS, row[:ends])
    message.sender = User.from_db(database, _USER_FIELDS, row[ends:])
    return message


def _select_annotated(messages: dict[int, Message]) -> set[int]:
    """Return the ids of the messages that may have files: a plain message has none."""
    return {one.pk for one in messages.values() if one.is_annotated}


def _mentions_in(ids: Collection[int]) -> QuerySet[Mention, Row]:
    return Mention.objects.filter(message__in=ids).order_by("pk").values_list("message", "user")


MENTIONS = CompiledQuery(Mention, _mentions_in)


def _load_mentions(ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = defaultdict(tuple)
    for message, user in MENTIONS.rows_in_batches(ids):
        found[message] += (user,)
    return found


def _reactions_to(ids: Collection[int], reader_id: int) -> QuerySet[Reaction, Row]:
    """Return the rows that ``_load_reactions`` needs: one message may have a thousand reactions.

    So the database counts them and selects the first people of each emoji.
    """
    same_emoji = [F("message"), F("emoji")]
    return (
        Reaction.objects.filter(reaction_meant_for(reader_id), message__in=ids)
        .annotate(
            place=Window(RowNumber(), partition_by=same_emoji, order_by="pk"),
            count=Window(Count("pk"), partition_by=same_emoji),
        )
        .filter(Q(place__lte=NAMED_REACTIONS) | Q(user=reader_id))
        .order_by("pk")
        .values_list("message", "emoji", "user", "count")
    )


REACTIONS = CompiledQuery(Reaction, _reactions_to)


def _load_reactions(ids: Collection[int], reader: User) -> dict[int, tuple[protocol.Reaction, ...]]:
    """Return the reactions to messages: each emoji, its count, its first people and the reader."""
    found: dict[int, tuple[protocol.Reaction, ...]] = defaultdict(tuple)
    counts: dict[tuple[int, str], int] = {}
    people: dict[tuple[int, str], tuple[int, ...]] = defaultdict(tuple)
    for message, emoji, user, count in REACTIONS.rows_in_batches(ids, reader.pk):
        counts[message, emoji] = count
        people[message, emoji] += (user,)
    for (message, emoji), count in counts.items():
        found[message] += (
            protocol.Reaction(emoji=emoji, count=count, people=people[message, emoji]),
        )
    return found
