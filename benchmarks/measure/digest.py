"""What became of the messages of one loud room, small enough to keep.

A fan-out has up to a hundred million deliveries. Each window's are counted and timed by the
same rules as everywhere else (deliveries.py), once, when its session ends; what is kept of
them is the counts and, of each of the times, a histogram whose classes are 0.5 % wide. What
was lost, and so is late without bound, is in the counts alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure.deliveries import Deliveries, Floats, deliveries, with_lost
from benchmarks.recording import TABLES, Recording, Window

WIDTH = 0.005
"""Width of a class, as a share of its value."""

COUNTS = [name for name in TABLES["digests"].names if name not in {"session", "start_ns"}]
TIMES = [field.name for field in fields(Deliveries) if field.type == "Floats"]
OF_DELIVERIES = ("latencies_ms", "since_sent_ms")
"""The times that have one for every delivery, lost ones too."""


def digested(recording: Recording) -> Recording:
    """Return a recording with digests of its windows in place of the single arrivals."""
    small = Recording({name: part for name, part in recording.parts.items() if name != "received"})
    sent, received = recording.frame("sent"), recording.frame("received")
    for row in recording.frame("windows").to_dict("records"):
        window = Window(**{str(key): value for key, value in row.items()})
        due = sent[
            (sent["session"] == window.session)
            & (sent["intended_ns"] >= window.start_ns)
            & (sent["intended_ns"] < window.end_ns)
        ]
        # To match millions of arrivals once for every window would take longer than they did.
        arrived = received[received["ref"].between(due["ref"].min(), due["ref"].max())]
        seen = deliveries(due, arrived, window, "message")
        key = {"session": window.session, "start_ns": window.start_ns}
        small.add("digests", [key | {name: getattr(seen, name) for name in COUNTS}])
        for name in TIMES:
            small.add("histograms", _classes(key | {"times": name}, getattr(seen, name)))
    return small


def restored(digest: Mapping[Any, Any], histograms: pd.DataFrame) -> Deliveries:
    """Return what a window's digest says; ``histograms`` are the rows of that window."""
    times = dict(list(histograms.groupby("times")))
    restored: dict[str, Any] = {name: digest[name] for name in COUNTS}
    restored |= {name: _times(times.get(name)) for name in TIMES}
    for name in OF_DELIVERIES:
        restored[name] = with_lost(restored[name], int(digest["lost"]))
    return Deliveries(**restored)


def _classes(key: dict[str, Any], milliseconds: Floats) -> list[dict[str, Any]]:
    """Return how many of the times are in each class; a class is named by its middle, in us."""
    microseconds = np.maximum(1.0, milliseconds[np.isfinite(milliseconds)] * 1000)
    exponents, counts = np.unique(np.round(np.log(microseconds) / WIDTH), return_counts=True)
    middles = np.exp(exponents * WIDTH)
    return [
        key | {"middle_us": float(middle), "count": int(count)}
        for middle, count in zip(middles, counts, strict=True)
    ]


def _times(rows: pd.DataFrame | None) -> Floats:
    if rows is None:
        return np.array([])
    return np.repeat(rows["middle_us"].to_numpy() / 1000, rows["count"].to_numpy())
