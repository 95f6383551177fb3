"""What a reader lacks, given where they stand and where the conversations do: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reference_app.chat.protocol import REPLAY_LIMIT, Position

REPLAY_TOTAL = 500
"""Most events that one ``sync`` replays, all conversations together: it bounds the frame,
and with it the query, whose depth SQLite limits to 1,000."""


@dataclass(frozen=True)
class Plan:
    """How one reader catches up.

    ``replay`` are the conversations whose events follow a position, ``reset`` those to be
    shown afresh, ``gone`` those that the reader is no longer in.
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
    """Return how a reader gets from the known positions to the current ones.

    What is new to the reader, of another epoch or version, or more than ``limit`` events ahead is
    reset. The least behind are replayed first, as many as fit into ``total``.
    """
    reset: list[int] = []
    behind: dict[int, int] = {}
    for id_, head in current.items():
        seen = known.get(id_)
        if seen is None or not _follows(seen, head, limit):
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


def _follows(seen: Position, head: Position, limit: int) -> bool:
    """Return whether events lead from a position to the head, and few enough."""
    same = (seen.epoch, seen.version) == (head.epoch, head.version)
    return same and 0 <= head.seq - seen.seq <= limit
