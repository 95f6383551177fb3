"""Load the changes since a cursor; pages catch up in this way on every transport."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property

from django.db.models import Q

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat.fanout import typing_cache
from reference_app.chat.models import Event
from reference_app.chat.queries.conversations import load_states, load_states_of_each
from reference_app.chat.queries.heads import load_heads
from reference_app.chat.queries.sync_plan import plan
from reference_app.chat.records.message_details import load_details
from reference_app.chat.records.serializers import PLAIN, event_frame
from reference_app.chat.records.visibility import as_seen_by, is_meant_for
from reference_app.chat.store.blocks import NONE, Blocks, blocks_of
from reference_app.protocol import ConversationState, Position

Glance = tuple[dict[int, Position], list[protocol.Typing]]
"""The heads of a user's conversations, and who types in the conversation that is open."""


def load_changes(
    user: User, cursor: str, watching: int | None = None, seen: Glance | None = None
) -> protocol.Changes:
    """Return what happened in the user's conversations since a cursor.

    A conversation is returned as a new state if it is not in the cursor, is there with another
    epoch or version, or is too far ahead of it (sync_plan.py). The others are returned as their
    missing events, in order. Typing notices are returned for the conversation that the user is
    ``watching``. A caller that has the user's glance already passes it as ``seen``.
    """
    current, typing = seen or load_glances([(user.pk, watching)])[0]
    steps = plan(protocol.parse_cursor(cursor), current)
    # The heads are read first. An event that is stored after that is left for the next call, so
    # that the cursor is never ahead of what is returned.
    events = _load_events_between(steps.replay, current)
    # The events of a conversation have no gap: one with events that the user must not see is reset.
    withheld = {
        event.conversation_id
        for event in events
        if event.message and not is_meant_for(event.message, user.pk)
    }
    resets = load_states(user, [*steps.reset, *withheld])
    return protocol.Changes(
        cursor=_format_cursor(current, resets),
        reset=resets,
        events=_build_frames(
            user, [event for event in events if event.conversation_id not in withheld], current
        ),
        gone=steps.gone,
        typing=typing,
    )


def load_first_changes(users: Collection[User]) -> dict[User, protocol.Changes]:
    """Return ``load_changes(user, "")`` for each of these users; shared data is read once."""
    current = load_heads({user.pk for user in users})
    states = load_states_of_each({user: current[user.pk] for user in users})
    return {
        user: protocol.Changes(
            cursor=_format_cursor(current[user.pk], resets),
            reset=resets,
            events=[],
            gone=[],
            typing=[],
        )
        for user, resets in states.items()
    }


def _format_cursor(heads: Mapping[int, Position], states: Iterable[ConversationState]) -> str:
    """Return the cursor of a reader who has reached the heads and received newer states."""
    reached = {
        one.id: Position(epoch=one.epoch, seq=one.seq, version=one.version) for one in states
    }
    return protocol.format_cursor({**heads, **reached})


def load_glances(asked: Sequence[tuple[int, int | None]]) -> list[Glance]:
    """Return the heads of each of these users, and who types in the conversation they watch.

    This takes at most two queries, for any number of users. A long poll waits until either changes.
    """
    found = load_heads({user for user, _watching in asked})
    typing = _Typing(found)
    return [(found[user], typing.seen_by(user, watching)) for user, watching in asked]


class _Typing:
    """The people who type in the conversations of some users; each conversation is read once."""

    def __init__(self, heads_by_user: Mapping[int, Collection[int]]) -> None:
        self._heads_by_user = heads_by_user
        self._people = cache(typing_cache.load_typists)

    def seen_by(self, user: int, watching: int | None) -> list[protocol.Typing]:
        """Return who else types in the conversation that the user watches, if they are in it."""
        if watching is None or watching not in self._heads_by_user[user]:
            return []
        others = [one for one in self._people(watching) if one.id != user]
        hidden = self._blocks.get(user, NONE).either_way if others else frozenset()
        return [
            protocol.Typing(conversation=watching, person=person, active=True)
            for person in others
            if person.id not in hidden
        ]

    @cached_property
    def _blocks(self) -> dict[int, Blocks]:
        return blocks_of(self._heads_by_user)


def _load_events_between(after: dict[int, Position], upto: dict[int, Position]) -> list[Event]:
    if not after:
        return []
    missing = Q()
    for id_, seen in after.items():
        missing |= Q(conversation=id_, seq__gt=seen.seq, seq__lte=upto[id_].seq)
    return list(
        Event.objects.filter(missing)
        .select_related("actor", "message", "subject")
        .order_by("conversation", "seq")
    )


def _build_frames(
    user: User, events: Sequence[Event], heads: Mapping[int, Position]
) -> list[protocol.Event]:
    details = load_details({event.message for event in events if event.message}, user)
    for event in events:
        if event.message:
            event.message = as_seen_by(event.message, user.pk)
    return [
        event_frame(
            event, heads[event.conversation_id].epoch, details.get(event.message_id or 0, PLAIN)
        )
        for event in events
    ]
