"""Load the state of conversations for one reader, as a list entry and a page's head show it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal, NamedTuple

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from reference_app import protocol
from reference_app.accounts.models import NAME_FIELDS, User, name_of
from reference_app.chat.models import Conversation, Membership, Message
from reference_app.chat.records.compiled_query import MAX_LISTED, CompiledQuery, Row
from reference_app.chat.records.errors import not_a_member
from reference_app.chat.records.message_details import load_details, messages_by_id, unread_mentions
from reference_app.chat.records.serializers import PLAIN, message_frame
from reference_app.chat.records.visibility import SHOWN, as_seen_by, meant_for, within_row
from reference_app.protocol import ConversationState


class _MembershipRow(NamedTuple):
    """A membership of the reader, with its conversation, last message and unread count."""

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
    """The members of a conversation, and the seq up to which each of them has read."""

    people: list[protocol.Person] = field(default_factory=list)
    read_by: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Shared:
    """The data of some conversations that is the same for all readers."""

    members: dict[int, _Members]
    last_messages: dict[int, Message]


def load_states(user: User, ids: Collection[int] | None = None) -> list[ConversationState]:
    """Return the states of the user's conversations: of those with these ids, or of all.

    Many conversations take as many queries as one. The seq, the read marker, the unread count and
    the last message come from one statement, so that they are consistent: with an older seq, the
    reader would count an event twice.
    """
    rows = _load_memberships(user, ids)
    return _build_states(user, rows, _load_shared(rows))


def load_state(user: User, conversation_id: int) -> ConversationState:
    """Return the state of one of the user's conversations.

    Raises:
        Refused: the user is not a member.
    """
    states = load_states(user, [conversation_id])
    if not states:
        raise not_a_member(conversation_id)
    return states[0]


def load_states_of_each(
    asked: Mapping[User, Collection[int]],
) -> dict[User, list[ConversationState]]:
    """Return the result of ``load_states`` for each user; shared data is read once."""
    rows = {user: _load_memberships(user, ids) for user, ids in asked.items()}
    shared = _load_shared(chain.from_iterable(rows.values()))
    return {user: _build_states(user, own, shared) for user, own in rows.items()}


def _load_shared(rows: Iterable[_MembershipRow]) -> _Shared:
    conversations, messages = set(), set()
    for row in rows:
        conversations.add(row.conversation)
        if row.last_message:
            messages.add(row.last_message)
    return _Shared(_load_members(conversations), messages_by_id(messages))


def _build_states(
    user: User, rows: Sequence[_MembershipRow], shared: _Shared
) -> list[ConversationState]:
    last = {
        row.conversation: as_seen_by(message, user.pk)
        for row in rows
        if (message := shared.last_messages.get(row.last_message or 0))
    }
    details = load_details(last.values(), user)
    # Only mentions in unread messages are sent: without unread messages, no query is needed.
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
                message_frame(message, message.sender, row.epoch, details.get(message.pk, PLAIN))
                if (message := last.get(row.conversation))
                else None
            ),
            owner=row.owner,
            # Cleared messages count as read.
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
    """Return the kind of a conversation, as the protocol names it."""
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


def _load_memberships(user: User, ids: Collection[int] | None) -> list[_MembershipRow]:
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


def _load_members(conversation_ids: Collection[int]) -> dict[int, _Members]:
    found: dict[int, _Members] = defaultdict(_Members)
    for conversation, read_seq, id_, username, *others in PEOPLE.rows_in_batches(conversation_ids):
        members = found[conversation]
        name = name_of(username, *others)
        members.people.append(protocol.Person(id=id_, username=username, name=name))
        if read_seq:
            members.read_by[id_] = read_seq
    return found
