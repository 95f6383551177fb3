"""Reading: what a person may see, and the one function by which every page catches up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property

from django.db.models import Q, QuerySet

from reference_app.accounts.models import User
from reference_app.chat import presence, protocol, typing_notices
from reference_app.chat.annotations import notes_of
from reference_app.chat.blocking import NONE, Blocks, blocks_of, blocks_of_one, nobody
from reference_app.chat.catching_up import plan
from reference_app.chat.conversation_states import kind_of, states_of, states_of_each
from reference_app.chat.folding import fold, folded_column
from reference_app.chat.frames import PLAIN, event_frame, message_frame, notice_frame
from reference_app.chat.models import Conversation, Event, Membership, Message
from reference_app.chat.protocol import ConversationState, Position
from reference_app.chat.standing import heads_of
from reference_app.chat.store import not_a_member
from reference_app.chat.visibility import SHOWN, meant_for, within

Glance = tuple[dict[int, Position], list[protocol.Typing]]
"""How far one's conversations are, and who types in the one that is open."""

PEOPLE_LIMIT = 50
HISTORY_LIMIT = 50
NOTICES_LIMIT = 200
"""Most notices of one page of history, the newest: it bounds the answer."""


def sync(
    user: User, cursor: str, watching: int | None = None, seen: Glance | None = None
) -> protocol.Changes:
    """Return what happened in the user's conversations since a cursor.

    A conversation that the cursor does not know, knows under another epoch, or is too far
    behind in (catching_up.py), comes as a fresh state; the others as the events that are
    missing, in order. Typing notices are given for the conversation that the
    user is ``watching``. Who has the user's glance already gives it as ``seen``.
    """
    current, typing = seen or glances([(user.pk, watching)])[0]
    lacking = plan(protocol.parse_cursor(cursor), current)
    # The heads were read first: an event that came since is left for the next call,
    # so that the cursor never runs ahead of what is returned.
    events = _events_between(user, lacking.replay, current)
    fresh = states_of(user, lacking.reset)
    return protocol.Changes(
        cursor=_cursor(current, fresh),
        reset=fresh,
        events=events,
        gone=lacking.gone,
        typing=typing,
    )


def first_syncs(users: Collection[User]) -> dict[User, protocol.Changes]:
    """Return ``sync(user, "")`` of each of these users; what they share is read once."""
    current = heads_of({user.pk for user in users})
    states = states_of_each({user: current[user.pk] for user in users})
    return {
        user: protocol.Changes(
            cursor=_cursor(current[user.pk], fresh), reset=fresh, events=[], gone=[], typing=[]
        )
        for user, fresh in states.items()
    }


def _cursor(heads: Mapping[int, Position], fresh: Iterable[ConversationState]) -> str:
    """Return where a reader is who was at the heads, and has been given states since."""
    reached = {one.id: Position(epoch=one.epoch, seq=one.seq, version=one.version) for one in fresh}
    return protocol.format_cursor({**heads, **reached})


def conversations(user: User) -> list[ConversationState]:
    """Return the state of all of the user's conversations."""
    return states_of(user, None)


def conversation(user: User, conversation_id: int) -> ConversationState:
    """Return the state of one of the user's conversations.

    Raises:
        Refused: the user is no member.
    """
    states = states_of(user, [conversation_id])
    if not states:
        raise not_a_member(conversation_id)
    return states[0]


def history(
    user: User, conversation_id: int, before: int | None, limit: int = HISTORY_LIMIT
) -> protocol.History:
    """Return the messages just before a seq, or the newest, oldest first.

    Raises:
        Refused: the user is no member.
    """
    member = (
        Membership.objects.select_related("conversation")
        .filter(SHOWN, conversation=conversation_id, user=user)
        .first()
    )
    if member is None:
        raise not_a_member(conversation_id)
    epoch = member.conversation.epoch
    reached = within(member) if before is None else within(member) & Q(seq__lt=before)
    messages = Message.objects.filter(
        reached, meant_for(user.pk), conversation=conversation_id
    ).select_related("sender")
    newest_first = list(messages.order_by("-seq")[: limit + 1])
    shown = newest_first[:limit][::-1]
    notes = notes_of(shown, user)
    return protocol.History(
        messages=[
            message_frame(message, message.sender, epoch, notes.get(message.pk, PLAIN))
            for message in shown
        ],
        notices=_notices(member, reached, newest_first, limit),
        more=len(newest_first) > limit,
    )


def _notices(
    member: Membership, reached: Q, newest_first: Sequence[Message], limit: int
) -> list[protocol.Notice]:
    """Return what happened to a group since the message before those of one page."""
    if member.conversation.kind != Conversation.Kind.GROUP:
        return []
    if len(newest_first) > limit:
        reached &= Q(seq__gt=newest_first[-1].seq)
    events = Event.objects.filter(reached, conversation=member.conversation, message=None)
    events = events.exclude(kind=Event.Kind.READ).select_related("actor", "subject")
    newest = events.order_by("-seq")[:NOTICES_LIMIT]
    return [notice_frame(event, member.conversation.epoch) for event in reversed(newest)]


def people(user: User, query: str) -> list[protocol.Person]:
    """Return others whose username or display name has the query in it."""
    found: QuerySet[User] = User.objects.filter(is_active=True).exclude(pk=user.pk)
    if query:
        found = found.alias(folded=folded_column("display_name")).filter(
            Q(username__icontains=query)
            | Q(display_name__icontains=query)
            | Q(folded__contains=fold(query))
        )
    return [person.as_person() for person in found.order_by("username")[:PEOPLE_LIMIT]]


def profile(user: User, person_id: int) -> protocol.Profile:
    """Return what somebody's profile tells the user.

    Raises:
        Refused: there is nobody with this id.
    """
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if person is None:
        raise nobody(person_id)
    blocks = blocks_of_one(user)
    is_estranged = person_id in blocks.estranged
    mine = Membership.objects.filter(SHOWN, user=user)
    shared = (
        Conversation.objects.filter(memberships__in=mine)
        .filter(memberships__user=person)
        .order_by("kind", "title")
    )
    return protocol.Profile(
        person=person.as_person(),
        about=person.about,
        online=not is_estranged and presence.is_online(person),
        last_seen=presence.last_seen(person, user, blocks),
        shared=[
            protocol.SharedConversation(id=one.pk, kind=kind_of(one.kind), title=one.title)
            for one in shared
        ],
        blocked=person_id in blocks.mine,
    )


def glances(asked: Sequence[tuple[int, int | None]]) -> list[Glance]:
    """Return the heads of each of these users and who types in what they are watching.

    At most two queries, however many there are. A long poll waits until either changes.
    """
    found = heads_of({user for user, _watching in asked})
    typing = _Typing(found)
    return [(found[user], typing.seen_by(user, watching)) for user, watching in asked]


class _Typing:
    """Who types in the conversations of some users; each conversation is read once."""

    def __init__(self, heads_by_user: Mapping[int, Collection[int]]) -> None:
        self._heads_by_user = heads_by_user
        self._people = cache(typing_notices.current)

    def seen_by(self, user: int, watching: int | None) -> list[protocol.Typing]:
        """Return who else types in the conversation that the user is watching, if it is theirs."""
        if watching is None or watching not in self._heads_by_user[user]:
            return []
        others = [one for one in self._people(watching) if one.id != user]
        hidden = self._blocks.get(user, NONE).estranged if others else frozenset()
        return [
            protocol.Typing(conversation=watching, person=person, active=True)
            for person in others
            if person.id not in hidden
        ]

    @cached_property
    def _blocks(self) -> dict[int, Blocks]:
        return blocks_of(self._heads_by_user)


def _events_between(
    user: User, after: dict[int, Position], upto: dict[int, Position]
) -> list[protocol.Event]:
    if not after:
        return []
    missing = Q()
    for id_, seen in after.items():
        missing |= Q(conversation=id_, seq__gt=seen.seq, seq__lte=upto[id_].seq)
    rows = list(
        Event.objects.filter(missing)
        .select_related("actor", "message", "subject")
        .order_by("conversation", "seq")
    )
    notes = notes_of({row.message for row in rows if row.message}, user)
    return [
        event_frame(
            event, upto[event.conversation_id].epoch, notes.get(event.message_id or 0, PLAIN)
        )
        for event in rows
    ]
