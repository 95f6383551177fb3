"""The state of conversations for one reader: what a list entry and a conversation's head show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, NamedTuple

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from reference_app.accounts.models import NAME_FIELDS, User, name_of
from reference_app.chat import protocol
from reference_app.chat.annotations import messages_by_id, notes_of, unread_mentions
from reference_app.chat.compiled_queries import MAX_LISTED, CompiledQuery, Row
from reference_app.chat.frames import PLAIN, message_frame
from reference_app.chat.models import Conversation, Membership, Message
from reference_app.chat.protocol import ConversationState
from reference_app.chat.visibility import SHOWN, meant_for, within_row


class _MembershipRow(NamedTuple):
    """A membership of the reader, its conversation, and what is counted for it."""

    conversation: int
    epoch: int
    last_seq: int
    kind: str
    title: str
    owner: int | None
    read_seq: int
    cleared_seq: int
    version: int
    frozen_seq: int | None
    last_message: int | None
    unread: int


@dataclass
class _Members:
    """Who is in a conversation, and up to where each of them has read."""

    people: list[protocol.Person] = field(default_factory=list)
    read_by: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Shared:
    """What is the same for all readers of some conversations."""

    members: dict[int, _Members]
    last_messages: dict[int, Message]


def states_of(user: User, ids: Collection[int] | None) -> list[ConversationState]:
    """Return the states of these of the user's conversations, or of all.

    As many queries for many as for one. What counts (seq, marker, unread, which message
    is the last) comes from a single statement and so from a single moment: were the seq
    older than the rest, the reader would count an event twice.
    """
    rows = _memberships(user, ids)
    return _states(user, rows, _shared(rows))


def states_of_each(asked: Mapping[User, Collection[int]]) -> dict[User, list[ConversationState]]:
    """Return what ``states_of`` does for each user; what they share is read once."""
    rows = {user: _memberships(user, ids) for user, ids in asked.items()}
    shared = _shared(chain.from_iterable(rows.values()))
    return {user: _states(user, own, shared) for user, own in rows.items()}


def _shared(rows: Iterable[_MembershipRow]) -> _Shared:
    conversations, messages = set(), set()
    for row in rows:
        conversations.add(row.conversation)
        if row.last_message:
            messages.add(row.last_message)
    return _Shared(_members(conversations), messages_by_id(messages))


def _states(user: User, rows: Sequence[_MembershipRow], shared: _Shared) -> list[ConversationState]:
    last = {
        row.conversation: message
        for row in rows
        if (message := shared.last_messages.get(row.last_message or 0))
    }
    notes = notes_of(last.values(), user)
    # What mentions the reader is unread: who has read everything need not be asked.
    may_be_mentioned = any(row.unread and row.frozen_seq is None for row in rows)
    mentioned = unread_mentions(user) if may_be_mentioned else {}
    return [
        ConversationState(
            id=row.conversation,
            epoch=row.epoch,
            seq=row.last_seq if row.frozen_seq is None else row.frozen_seq,
            kind=kind_of(row.kind),
            title=row.title,
            members=shared.members[row.conversation].people,
            last_message=(
                message_frame(message, message.sender, row.epoch, notes.get(message.pk, PLAIN))
                if (message := last.get(row.conversation))
                else None
            ),
            owner=row.owner,
            # What was cleared is not to be read any more.
            read=max(row.read_seq, row.cleared_seq),
            read_by={
                id_: seq
                for id_, seq in shared.members[row.conversation].read_by.items()
                if id_ != user.pk
            },
            unread=row.unread if row.frozen_seq is None else 0,
            mentioned=mentioned.get(row.conversation, ()) if row.frozen_seq is None else (),
            version=row.version,
            blocked=row.frozen_seq is not None,
        )
        for row in rows
    ]


def kind_of(kind: str) -> Literal["direct", "group"]:
    """Return the kind of a conversation as the wire has it."""
    return "direct" if kind == Conversation.Kind.DIRECT else "group"


def _all_memberships(user_id: int) -> QuerySet[Membership, Row]:
    """Return the user's memberships, in the order of ``_MembershipRow``."""
    messages = Message.objects.filter(
        within_row(), meant_for(user_id), conversation=OuterRef("conversation")
    ).order_by()
    unread = (
        messages.filter(seq__gt=OuterRef("read_seq"), removed_at=None)
        .exclude(sender=user_id)
        .values("conversation")
        .annotate(count=Count("pk"))
        .values("count")
    )
    return (
        Membership.objects.filter(SHOWN, user=user_id)
        .order_by("conversation")
        .values_list(
            "conversation",
            "conversation__epoch",
            "conversation__last_seq",
            "conversation__kind",
            "conversation__title",
            "conversation__owner",
            "read_seq",
            "cleared_seq",
            "version",
            "frozen_seq",
            Subquery(messages.order_by("-seq").values("pk")[:1]),
            Coalesce(Subquery(unread), 0),
        )
    )


def _some_memberships(user_id: int, ids: Collection[int]) -> QuerySet[Membership, Row]:
    return _all_memberships(user_id).filter(conversation__in=ids)


ALL_MEMBERSHIPS = CompiledQuery(Membership, _all_memberships)
SOME_MEMBERSHIPS = CompiledQuery(Membership, _some_memberships)


def _memberships(user: User, ids: Collection[int] | None) -> list[_MembershipRow]:
    if ids is not None and not ids:
        return []
    if ids is not None and len(ids) <= MAX_LISTED:
        return [_MembershipRow(*row) for row in SOME_MEMBERSHIPS.rows(user.pk, ids)]
    rows = [_MembershipRow(*row) for row in ALL_MEMBERSHIPS.rows(user.pk)]
    if ids is None:
        return rows
    wanted = set(ids)
    return [row for row in rows if row.conversation in wanted]


def _people(conversation_ids: Collection[int]) -> QuerySet[Membership, Row]:
    names = (f"user__{name}" for name in NAME_FIELDS)
    rows = Membership.objects.filter(conversation__in=conversation_ids).order_by("id")
    return rows.values_list("conversation", "read_seq", "user", *names)


PEOPLE = CompiledQuery(Membership, _people)


def _members(conversation_ids: Collection[int]) -> dict[int, _Members]:
    found: dict[int, _Members] = defaultdict(_Members)
    for conversation, read_seq, id_, username, *others in PEOPLE.rows_in_batches(conversation_ids):
        members = found[conversation]
        name = name_of(username, *others)
        members.people.append(protocol.Person(id=id_, username=username, name=name))
        if read_seq:
            members.read_by[id_] = read_seq
    return found
