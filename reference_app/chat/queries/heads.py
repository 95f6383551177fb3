"""Load the heads of users' conversations (the newest positions), and sockets' subscriptions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from reference_app.chat.models import Membership
from reference_app.chat.records.compiled_query import CompiledQuery, Row
from reference_app.chat.records.visibility import SHOWN
from reference_app.chat.store.blocks import blocks_of
from reference_app.protocol import Position


@dataclass
class SubscriptionState:
    """The subscriptions of one user's sockets.

    ``heads`` are the positions of all of the user's conversations. ``frozen`` are the
    conversations that show the user nothing new, because the user blocks the other person.
    ``blocked_either_way`` are the people whose typing the user does not see, and who do not
    see the user's.
    """

    heads: dict[int, Position] = field(default_factory=dict)
    frozen: set[int] = field(default_factory=set)
    blocked_either_way: frozenset[int] = frozenset()

    @property
    def subscribed(self) -> dict[int, Position]:
        """The heads of the conversations whose events the user receives."""
        if not self.frozen:
            return self.heads
        return {id_: head for id_, head in self.heads.items() if id_ not in self.frozen}


def load_heads(user_ids: Collection[int]) -> dict[int, dict[int, Position]]:
    """Return the heads of each of these users, in one query."""
    found = _load_positions(user_ids)
    return {user: found[user].heads for user in user_ids}


def load_subscriptions(user_ids: Collection[int]) -> dict[int, SubscriptionState]:
    """Return the subscriptions of each of these users: two queries, however many there are."""
    found = _load_positions(user_ids)
    for user, blocks in blocks_of(user_ids).items():
        found[user].blocked_either_way = blocks.either_way
    return found


def _positions(user_ids: Collection[int]) -> QuerySet[Membership, Row]:
    return Membership.objects.filter(SHOWN, user__in=user_ids).values_list(
        "user",
        "conversation",
        "conversation__epoch",
        Coalesce("frozen_seq", "conversation__last_seq"),
        "version",
        "frozen_seq",
    )


POSITIONS = CompiledQuery(Membership, _positions)
"""The newest position of each conversation of some users, as each user sees it."""


def _load_positions(user_ids: Collection[int]) -> dict[int, SubscriptionState]:
    found: dict[int, SubscriptionState] = defaultdict(SubscriptionState)
    for user, id_, epoch, seq, version, frozen_seq in POSITIONS.rows_in_batches(user_ids):
        found[user].heads[id_] = Position(epoch=epoch, seq=seq, version=version)
        if frozen_seq is not None:
            found[user].frozen.add(id_)
    return found
