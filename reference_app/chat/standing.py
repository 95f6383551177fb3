"""Where people stand: how far each of their conversations goes, and what they do not hear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from reference_app.chat.blocking import blocks_of
from reference_app.chat.compiled_queries import CompiledQuery, Row
from reference_app.chat.models import Membership
from reference_app.chat.protocol import Position
from reference_app.chat.visibility import SHOWN


@dataclass
class Standing:
    """What the carriers have to know of one person.

    ``frozen`` are those of the conversations that stand still for them, ``estranged`` the
    people whose typing they do not see, nor these theirs.
    """

    heads: dict[int, Position] = field(default_factory=dict)
    frozen: set[int] = field(default_factory=set)
    estranged: frozenset[int] = frozenset()

    @property
    def audible(self) -> dict[int, Position]:
        """The conversations in which they hear what happens."""
        if not self.frozen:
            return self.heads
        return {id_: head for id_, head in self.heads.items() if id_ not in self.frozen}


def heads_of(user_ids: Collection[int]) -> dict[int, dict[int, Position]]:
    """Return the heads of each of these users, in one query."""
    found = _standings(user_ids)
    return {user: found[user].heads for user in user_ids}


def standings(user_ids: Collection[int]) -> dict[int, Standing]:
    """Return where each of these users stands: two queries, however many there are."""
    found = _standings(user_ids)
    for user, blocks in blocks_of(user_ids).items():
        found[user].estranged = blocks.estranged
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
"""How far each conversation of some users goes for them."""


def _standings(user_ids: Collection[int]) -> dict[int, Standing]:
    found: dict[int, Standing] = defaultdict(Standing)
    for user, id_, epoch, seq, version, frozen_seq in POSITIONS.rows_in_batches(user_ids):
        found[user].heads[id_] = Position(epoch=epoch, seq=seq, version=version)
        if frozen_seq is not None:
            found[user].frozen.add(id_)
    return found
