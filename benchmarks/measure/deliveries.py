"""What became of the messages of a window: counted per recipient, timed from when they were due."""

from __future__ import annotations

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
    actual one. ``lost`` never came before the window's deadline; ``recovered`` came by
    ``sync`` to a socket that should have been pushed it.
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
    # A typing notice is not acknowledged: what left counts as told.
    told = left[left["acked_ns"] != NEVER] if kind == "message" else left
    arrivals = received.merge(due, on="ref", suffixes=("", "_sent"))
    in_time = arrivals[arrivals["received_ns"] <= window.deadline_ns]
    first = in_time.drop_duplicates(["ref", "recipient"])
    pushed = arrivals[arrivals["via"] == "push"]
    expected = len(told) * (window.room_size - 1)
    received_count = int(first["ref"].isin(told["ref"]).sum())
    return Deliveries(
        sent=len(due),
        unsent=len(due) - len(left),
        unacknowledged=len(left) - len(told),
        expected=expected,
        received=received_count,
        lost=expected - received_count,
        duplicated=int(pushed.duplicated(["ref", "recipient"]).sum()) if kind == "message" else 0,
        reordered=_reordered(pushed) if kind == "message" else 0,
        recovered=int((first["via"] == "sync").sum()) if len(pushed) else 0,
        latencies_ms=_ms(first["received_ns"] - first["intended_ns"]),
        since_sent_ms=_ms(first["received_ns"] - first["sent_ns"]),
        ack_ms=_ms(told["acked_ns"] - told["intended_ns"]) if kind == "message" else _ms([]),
        slip_ms=_ms(left["sent_ns"] - left["intended_ns"]),
        slowest_first_ms=_slowest_first(first),
    )


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
