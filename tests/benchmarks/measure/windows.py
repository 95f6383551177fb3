"""Build made-up windows for tests of the rules."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure.deliveries import Deliveries
from benchmarks.measure.health import GeneratorHealth
from benchmarks.measure.metrics import Evidence
from benchmarks.measure.processors import MachineLoad, Side
from benchmarks.measure.runs import Run, Usage
from benchmarks.recording import GENERATOR_SIDE, SERVER_SIDE, Window

COUNTS = {"unsent": 0, "unacknowledged": 0, "lost": 0, "duplicated": 0, "reordered": 0}

QUIET = MachineLoad(
    (Side(SERVER_SIDE, (0,), 0.95, 0.95), Side(GENERATOR_SIDE, (1,), 0.2, 0.2)), {0: 0, 1: 0}, 1
)


def run(
    scenario: str,
    phase: str,
    latencies_ms: list[float],
    *,
    server: str = "null",
    repeat: int = 1,
    users: int = 11,
    usage: Usage | None = None,
    cpu_percent: float = 10,
    **fields: Any,
) -> Run:
    """Return a window of one second without faults of the server or the instrument.

    ``fields`` replace counts of its deliveries. No other program used the processors.
    """
    window = Window(repeat, scenario, phase, users, 11, 0, 10**9, 2 * 10**9)
    latencies = np.array([*latencies_ms, *[np.inf] * fields.get("lost", 0)])
    counts = {
        **COUNTS,
        "sent": len(latencies) // 10,
        "expected": len(latencies),
        "received": len(latencies_ms),
        "recovered": 0,
    }
    seen = Deliveries(
        **{**counts, **fields},
        latencies_ms=latencies,
        since_sent_ms=latencies,
        ack_ms=latencies,
        slip_ms=latencies,
        slowest_first_ms=0,
    )
    health = GeneratorHealth(cpu_percent, 1, 1, longest_pause_ms=2)
    used = usage or Usage({}, {})
    return Run(server, "websocket", repeat, window, used, health, 10, Counter(), seen, load=QUIET)


def evidence(*runs: Run) -> Evidence:
    """Return evidence that consists of these windows."""
    return Evidence(list(runs), pd.DataFrame())
