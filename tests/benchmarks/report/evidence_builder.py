"""Build evidence for tests of the pictures: made-up windows of every way of serving."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from benchmarks.measure.metrics import Evidence
from benchmarks.measure.runs import Run, Usage
from benchmarks.recording import Window
from tests.benchmarks.measure.windows import run
from tests.benchmarks.report.results_builder import CLAIMS, TRANSPORTS, WAYS

STARTS = (1, 2, 3)
USERS = (700, 980, 1380)
NEVER_SHARE = 0.02
"""The share of the messages of plain Daphne that never arrive."""


def build_evidence(ways: tuple[str, ...] = WAYS) -> Evidence:
    """Return evidence in which each way of serving has windows of every scenario."""
    runs = [one for way in ways for start in STARTS for one in _build_start(way, start)]
    runs.append(run("floor", "floor", list(np.geomspace(0.5, 4, 100))))
    return Evidence(runs, pd.DataFrame())


def _build_start(way: str, start: int) -> list[Run]:
    found = []
    for window in range(2):
        found.append(_build_deliveries("delivery", "loaded", way, start, window))
        found.append(_build_deliveries("typing", "typing", way, start, window))
    found.append(_build_deliveries("resources", "idle", way, start, 0))
    found += [_build_deliveries("capacity", "step", way, start, 0, users) for users in USERS]
    return [*found, _build_http("full", way, start), _build_http("paced", way, start)]


def _build_deliveries(
    scenario: str, phase: str, way: str, start: int, number: int, users: int = 500
) -> Run:
    place = WAYS.index(way)
    slowest = CLAIMS["delivery-latency"]["values"][place] * (1 + 0.1 * start + 0.05 * number)
    latencies = np.geomspace(slowest / 50, slowest * users / 500, 400)
    if way == "daphne" and scenario == "delivery":
        latencies[-int(len(latencies) * NEVER_SHARE) :] = np.inf
    redis = {"redis": 9.0} if TRANSPORTS[way] == "websocket" else {}
    usage = Usage(
        {"server": CLAIMS["cpu"]["values"][place] * 0.4 * (1 + 0.02 * start)},
        {"server": CLAIMS["memory"]["values"][place] + start} | redis,
    )
    seen = run(scenario, phase, list(latencies), server=way, repeat=start, users=users, usage=usage)
    return _with_transport(seen, way)


def _build_http(phase: str, way: str, start: int) -> Run:
    rate = CLAIMS["throughput"]["values"][WAYS.index(way)]
    window = Window(1, "http", phase, 10, 11, 0, 10**9, 2 * 10**9)
    durations = np.geomspace(2, 90, int(rate) + start)
    template = run("http", phase, [1.0], server=way, repeat=start)
    fields = {**template.__dict__, "window": window, "requests": {"page": durations}}
    return _with_transport(Run(**{**fields, "deliveries": None, "errors": Counter()}), way)


def _with_transport(seen: Run, way: str) -> Run:
    """Return a window with the transport of a way of serving."""
    return Run(**{**seen.__dict__, "transport": TRANSPORTS[way]})
