"""Count and time the deliveries of a window: one per message and recipient.

Latencies start at the intended send time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.recording import NEVER, Window

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Deliveries:
    """Counts and latencies of the messages that were scheduled in a window.

    ``latencies_ms`` are measured from the intended send time, so that a generator or server that
    stalls cannot hide the delay (coordinated omission). ``since_sent_ms`` are measured from the
    actual send time. Both have a value for every other member of the room. A delivery is lost if
    it did not arrive by the window's deadline, or if its message was not acknowledged by then:
    its latency is ``inf``, and ``lost`` counts it. ``recovered`` counts the deliveries that
    arrived by ``sync`` although they should have been pushed.

    ``early`` and ``unexpected`` count what is impossible, and so shows an error of the
    instrument. ``early`` are arrivals or acknowledgements before their message was scheduled or
    sent. ``unexpected`` are arrivals at the sender, at somebody who is not a member of the room,
    or at more members than the room has.
    """

    sent: int
    unsent: int
    unacknowledged: int
    expected: int
    received: int
    lost: int
    duplicated: int
    reordered: int
    recovered: int
    latencies_ms: Floats
    since_sent_ms: Floats
    ack_ms: Floats
    slip_ms: Floats
    slowest_first_ms: float
    early: int = 0
    unexpected: int = 0


def deliveries(sent: pd.DataFrame, received: pd.DataFrame, window: Window, kind: str) -> Deliveries:
    """Return the deliveries of one session's messages, or typing notices, in a window.

    ``sent`` and ``received`` are that session's rows of the tables of these names.
    """
    scheduled = sent[
        (sent["kind"] == kind)
        & (sent["intended_ns"] >= window.start_ns)
        & (sent["intended_ns"] < window.end_ns)
    ]
    departed = scheduled[scheduled["sent_ns"] != NEVER]
    # Typing notices have no acknowledgements.
    acked = departed[_is_acknowledged(departed, window)] if kind == "message" else departed
    arrivals = received.merge(scheduled, on="ref", suffixes=("", "_sent"))
    first = arrivals[arrivals["received_ns"] <= window.deadline_ns].drop_duplicates(
        ["ref", "recipient"]
    )
    pushed = arrivals[arrivals["via"] == "push"]
    possible = _select_possible(first, departed, sent, window.room_size)
    counted = possible[possible["ref"].isin(acked["ref"])]
    expected = len(departed) * (window.room_size - 1)
    lost = expected - len(counted)
    is_message = kind == "message"
    return Deliveries(
        sent=len(scheduled),
        unsent=len(scheduled) - len(departed),
        unacknowledged=len(departed) - len(acked),
        expected=expected,
        received=len(counted),
        lost=lost,
        duplicated=int(pushed.duplicated(["ref", "recipient"]).sum()) if is_message else 0,
        reordered=_count_reordered(pushed) if is_message else 0,
        recovered=int((first["via"] == "sync").sum()) if len(pushed) else 0,
        latencies_ms=with_lost(_to_ms(counted["received_ns"] - counted["intended_ns"]), lost),
        since_sent_ms=with_lost(_to_ms(counted["received_ns"] - counted["sent_ns"]), lost),
        ack_ms=_to_ms(acked["acked_ns"] - acked["intended_ns"]) if is_message else _to_ms([]),
        slip_ms=_to_ms(departed["sent_ns"] - departed["intended_ns"]),
        slowest_first_ms=_find_slowest_first(first),
        early=_count_early(arrivals, "received_ns")
        + (_count_early(acked, "acked_ns") if is_message else 0),
        unexpected=len(first) - len(possible),
    )


def with_lost(milliseconds: Floats, lost: int) -> Floats:
    """Return latencies, with an infinite one added for each lost delivery."""
    return np.concatenate([milliseconds, np.full(lost, np.inf)])


def quantile(milliseconds: Floats, share: float) -> float:
    """Return the sample that this share of the samples does not exceed.

    It is not interpolated, because samples may be infinite. Without samples it is infinite.
    """
    if not len(milliseconds):
        return math.inf
    return float(np.quantile(milliseconds, share, method="higher"))


def _is_acknowledged(departed: pd.DataFrame, window: Window) -> pd.Series[bool]:
    return (departed["acked_ns"] != NEVER) & (departed["acked_ns"] <= window.deadline_ns)


def _select_possible(
    first: pd.DataFrame, departed: pd.DataFrame, sent: pd.DataFrame, room_size: int
) -> pd.DataFrame:
    """Return the arrivals that are possible: of sent messages, at other members of the room.

    Each user is a member of one room and writes only there. So a user who has written
    anything can only receive messages of that room.
    """
    rooms = sent.drop_duplicates("sender").set_index("sender")["conversation"]
    own_room = first["recipient"].map(rooms)
    is_possible = (
        first["ref"].isin(departed["ref"])
        & (first["recipient"] != first["sender"])
        & (own_room.isna() | (own_room == first["conversation"]))
    )
    possible = first[is_possible]
    return possible[possible.groupby("ref").cumcount() < room_size - 1]


def _count_early(rows: pd.DataFrame, column: str) -> int:
    """Return how many times in a column are before their message was scheduled, or sent."""
    sent_ns = rows["sent_ns"].where(rows["sent_ns"] != NEVER, rows["intended_ns"])
    return int((rows[column] < np.maximum(sent_ns, rows["intended_ns"])).sum())


def _count_reordered(pushed: pd.DataFrame) -> int:
    """Return how many arrivals came after a later message of the same conversation.

    Each recipient is counted separately.
    """
    known = pushed[pushed["seq"] != NEVER].drop_duplicates(["ref", "recipient"])
    highest = known.groupby(["recipient", "conversation"])["seq"].cummax()
    return int((known["seq"] < highest).sum())


def _find_slowest_first(first: pd.DataFrame) -> float:
    """Return the longest time that any message took to reach its first recipient, in ms.

    It shows stalls of the server: a slow recipient is only slow itself, but a server that
    stalls delays even the fastest recipient.
    """
    if first.empty:
        return 0.0
    earliest = first.groupby("ref").agg({"received_ns": "min", "intended_ns": "first"})
    return float((earliest["received_ns"] - earliest["intended_ns"]).max() / 1e6)


def _to_ms(nanoseconds: object) -> Floats:
    return np.asarray(nanoseconds, dtype=np.float64) / 1e6
