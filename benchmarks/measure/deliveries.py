"""What became of the messages of a window: counted per recipient, timed from when they were due."""

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
    """Counts and latencies of what was due in a window. Latencies are in milliseconds.

    ``latencies_ms`` runs from the intended send time, so that a generator or server that
    stalls cannot hide what it delayed (coordinated omission); ``since_sent_ms`` from the
    actual one. Both have a delivery for every other member of the room: one that did not come
    by the window's deadline, or whose message was not acknowledged by then, is late without
    bound (``inf``) and counts in ``lost``. ``recovered`` came by ``sync`` to a socket that
    should have been pushed it.

    ``early`` and ``unexpected`` count what cannot be, so that the instrument is wrong: arrivals
    or acknowledgements before their message was due and sent, and arrivals at somebody who is
    the sender or not of the room, or at more members than the room has.
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
    """Return what became of one session's messages, or typing notices, of a window.

    ``sent`` and ``received`` are that session's rows of the tables of these names.
    """
    due = sent[
        (sent["kind"] == kind)
        & (sent["intended_ns"] >= window.start_ns)
        & (sent["intended_ns"] < window.end_ns)
    ]
    left = due[due["sent_ns"] != NEVER]
    # A typing notice is not acknowledged.
    acked = left[_is_acknowledged(left, window)] if kind == "message" else left
    arrivals = received.merge(due, on="ref", suffixes=("", "_sent"))
    first = arrivals[arrivals["received_ns"] <= window.deadline_ns].drop_duplicates(
        ["ref", "recipient"]
    )
    pushed = arrivals[arrivals["via"] == "push"]
    possible = _possible(first, left, sent, window.room_size)
    counted = possible[possible["ref"].isin(acked["ref"])]
    expected = len(left) * (window.room_size - 1)
    lost = expected - len(counted)
    return Deliveries(
        sent=len(due),
        unsent=len(due) - len(left),
        unacknowledged=len(left) - len(acked),
        expected=expected,
        received=len(counted),
        lost=lost,
        duplicated=int(pushed.duplicated(["ref", "recipient"]).sum()) if kind == "message" else 0,
        reordered=_reordered(pushed) if kind == "message" else 0,
        recovered=int((first["via"] == "sync").sum()) if len(pushed) else 0,
        latencies_ms=with_lost(_ms(counted["received_ns"] - counted["intended_ns"]), lost),
        since_sent_ms=with_lost(_ms(counted["received_ns"] - counted["sent_ns"]), lost),
        ack_ms=_ms(acked["acked_ns"] - acked["intended_ns"]) if kind == "message" else _ms([]),
        slip_ms=_ms(left["sent_ns"] - left["intended_ns"]),
        slowest_first_ms=_slowest_first(first),
        early=_early(arrivals, "received_ns")
        + (_early(acked, "acked_ns") if kind == "message" else 0),
        unexpected=len(first) - len(possible),
    )


def with_lost(milliseconds: Floats, lost: int) -> Floats:
    """Return latencies with those added that are late without bound."""
    return np.concatenate([milliseconds, np.full(lost, np.inf)])


def quantile(milliseconds: Floats, share: float) -> float:
    """Return the value that this share of the samples does not exceed; infinite if none came.

    It is one of the samples: between a time and infinity there is nothing to interpolate.
    """
    if not len(milliseconds):
        return math.inf
    return float(np.quantile(milliseconds, share, method="higher"))


def _is_acknowledged(left: pd.DataFrame, window: Window) -> pd.Series[bool]:
    return (left["acked_ns"] != NEVER) & (left["acked_ns"] <= window.deadline_ns)


def _possible(
    first: pd.DataFrame, left: pd.DataFrame, sent: pd.DataFrame, room_size: int
) -> pd.DataFrame:
    """Return the arrivals that can be: of what was sent, at another member of its room.

    Everybody writes in the one room that they are in, so that the room in which somebody
    writes is the only one whose messages can reach them.
    """
    room = sent.drop_duplicates("sender").set_index("sender")["conversation"]
    home = first["recipient"].map(room)
    is_possible = (
        first["ref"].isin(left["ref"])
        & (first["recipient"] != first["sender"])
        & (home.isna() | (home == first["conversation"]))
    )
    possible = first[is_possible]
    return possible[possible.groupby("ref").cumcount() < room_size - 1]


def _early(rows: pd.DataFrame, column: str) -> int:
    """Return how many moments are before their message was due, or before it left."""
    left = rows["sent_ns"].where(rows["sent_ns"] != NEVER, rows["intended_ns"])
    return int((rows[column] < np.maximum(left, rows["intended_ns"])).sum())


def _reordered(pushed: pd.DataFrame) -> int:
    """Return how many arrivals came after a later one of the same conversation and recipient."""
    known = pushed[pushed["seq"] != NEVER].drop_duplicates(["ref", "recipient"])
    before = known.groupby(["recipient", "conversation"])["seq"].cummax()
    return int((known["seq"] < before).sum())


def _slowest_first(first: pd.DataFrame) -> float:
    """Return the longest that a message took to the first member it reached, in ms.

    A slow recipient delays one; a server that stalls delays even the fastest.
    """
    if first.empty:
        return 0.0
    earliest = first.groupby("ref").agg({"received_ns": "min", "intended_ns": "first"})
    return float((earliest["received_ns"] - earliest["intended_ns"]).max() / 1e6)


def _ms(nanoseconds: object) -> Floats:
    return np.asarray(nanoseconds, dtype=np.float64) / 1e6
