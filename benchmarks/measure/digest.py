"""Replace the single arrivals of a fan-out by digests, which are small enough to keep.

A fan-out has up to a hundred million deliveries. When its session ends, the deliveries of each
window are counted and timed once, by the same rules as everywhere else (deliveries.py). The
digest keeps the counts and, for each kind of time, a histogram whose classes are 0.5 % wide.
Lost deliveries have an infinite latency, so they are only in the counts.
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
"""The times that have a value for every delivery, including the lost ones."""


def digest(recording: Recording) -> Recording:
    """Return a recording with digests of its windows in place of the single arrivals."""
    small = Recording({name: part for name, part in recording.parts.items() if name != "received"})
    sent, received = recording.frame("sent"), recording.frame("received")
    for row in recording.frame("windows").to_dict("records"):
        window = Window(**{str(key): value for key, value in row.items()})
        scheduled = sent[
            (sent["session"] == window.session)
            & (sent["intended_ns"] >= window.start_ns)
            & (sent["intended_ns"] < window.end_ns)
        ]
        # Select the arrivals of this window first: to match all millions of arrivals for every
        # window would take longer than the arrivals themselves took.
        refs = scheduled["ref"]
        arrived = received[received["ref"].between(refs.min(), refs.max())]
        measured = deliveries(scheduled, arrived, window, "message")
        key = {"session": window.session, "start_ns": window.start_ns}
        small.add("digests", [key | {name: getattr(measured, name) for name in COUNTS}])
        for name in TIMES:
            histogram = _build_histogram(key | {"times": name}, getattr(measured, name))
            small.add("histograms", histogram)
    return small


def restore(counts: Mapping[Any, Any], histograms: pd.DataFrame) -> Deliveries:
    """Return the deliveries of a window from its counts and its rows of ``histograms``."""
    times = dict(list(histograms.groupby("times")))
    restored: dict[str, Any] = {name: counts[name] for name in COUNTS}
    restored |= {name: _expand_histogram(times.get(name)) for name in TIMES}
    for name in OF_DELIVERIES:
        restored[name] = with_lost(restored[name], int(counts["lost"]))
    return Deliveries(**restored)


def _build_histogram(key: dict[str, Any], milliseconds: Floats) -> list[dict[str, Any]]:
    """Return the rows of a histogram: the middle of each class in us, and its count."""
    microseconds = np.maximum(1.0, milliseconds[np.isfinite(milliseconds)] * 1000)
    exponents, counts = np.unique(np.round(np.log(microseconds) / WIDTH), return_counts=True)
    middles = np.exp(exponents * WIDTH)
    return [
        key | {"middle_us": float(middle), "count": int(count)}
        for middle, count in zip(middles, counts, strict=True)
    ]


def _expand_histogram(rows: pd.DataFrame | None) -> Floats:
    if rows is None:
        return np.array([])
    return np.repeat(rows["middle_us"].to_numpy() / 1000, rows["count"].to_numpy())
