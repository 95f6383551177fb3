"""Plan how a reader catches up, from the reader's positions and the heads. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference_app.protocol import REPLAY_LIMIT, Position

REPLAY_TOTAL = 500
"""Maximum number of events that one ``sync`` replays in all conversations together. It bounds the
frame, and also the query, whose depth SQLite limits to 1,000."""


@dataclass(frozen=True)
class Plan:
    """How one reader catches up.

    ``replay`` are the conversations whose events after a position are sent, ``reset`` those whose
    whole state is sent, ``gone`` those that the reader is not in any more.
    """

    replay: dict[int, Position]
    reset: list[int]
    gone: list[int]


def plan(
    known: Mapping[int, Position],
    current: Mapping[int, Position],
    limit: int = REPLAY_LIMIT,
    total: int = REPLAY_TOTAL,
) -> Plan:
    """Return the plan from the positions that a reader knows to the current ones.

    A conversation is reset if it is new to the reader, has another epoch or version, or is more
    than ``limit`` events ahead. Those with the fewest missing events are replayed first, as long
    as the events fit into ``total``; the rest are reset.
    """
    reset: list[int] = []
    behind: dict[int, int] = {}
    for id_, head in current.items():
        seen = known.get(id_)
        if seen is None or not _can_replay(seen, head, limit):
            reset.append(id_)
        elif seen.seq < head.seq:
            behind[id_] = head.seq - seen.seq
    replay: dict[int, Position] = {}
    for id_, missing in sorted(behind.items(), key=lambda item: item[1]):
        total -= missing
        if total < 0:
            reset.append(id_)
        else:
            replay[id_] = known[id_]
    return Plan(replay, reset, sorted(known.keys() - current.keys()))


def _can_replay(seen: Position, head: Position, limit: int) -> bool:
    """Return whether the head is at most ``limit`` events ahead, and nothing else differs."""
    same = (seen.epoch, seen.version) == (head.epoch, head.version)
    return same and 0 <= head.seq - seen.seq <= limit
