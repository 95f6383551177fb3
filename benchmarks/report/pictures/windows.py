"""The numbers of each window that the pictures show, by metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.measure.deliveries import Floats
from benchmarks.measure.metrics import Evidence, cpu_per_thousand
from benchmarks.measure.runs import Run
from benchmarks.measure.validity import invalid_because, usage_refused_because
from benchmarks.report.pictures.style import place

LATE_MS = 100.0
"""A delivery that takes longer is late: this limit is a claim of the migration write-up."""


@dataclass(frozen=True)
class Measure:
    """One number of each window of a scenario's phase."""

    scenario: str
    phase: str
    value: Callable[[Run], float]
    why_not: Callable[[Run], list[str]] = invalid_because


def servers_of(evidence: Evidence, scenario: str, phase: str = "") -> list[str]:
    """Return the servers with a window of a scenario, in the order of the pictures."""
    found = {run.server for run in evidence.runs if run.window.scenario == scenario}
    return sorted((one for one in found if evidence.of(one, scenario, phase)), key=place)


def counted(evidence: Evidence, measure: Measure, server: str) -> list[tuple[int, float]]:
    """Return the start and the value of each window that counts and has a value."""
    found = [
        (run.start, measure.value(run))
        for run in evidence.of(server, measure.scenario, measure.phase)
        if not measure.why_not(run)
    ]
    return [(start, value) for start, value in found if np.isfinite(value)]


def valid_runs(evidence: Evidence, server: str, scenario: str, phase: str = "") -> list[Run]:
    """Return the windows in which the instrument did not fail."""
    return [run for run in evidence.of(server, scenario, phase) if not invalid_because(run)]


def latencies_of(runs: Sequence[Run]) -> Floats:
    """Return all latencies of these windows, sorted; those of lost deliveries are infinite."""
    parts = [run.deliveries.latencies_ms for run in runs if run.deliveries]
    return np.sort(np.concatenate(parts)) if parts else np.array([])


def _late_percent(run: Run) -> float:
    seen = run.deliveries
    if seen is None or not len(seen.latencies_ms):
        return np.nan
    return float((seen.latencies_ms > LATE_MS).mean() * 100)


def _failed_percent(run: Run) -> float:
    lost = run.deliveries.lost if run.deliveries else 0
    tried = run.operations + (run.deliveries.expected if run.deliveries else 0)
    return (sum(run.errors.values()) + lost) / tried * 100 if tried else np.nan


def _requests_per_second(run: Run) -> float:
    return sum(map(len, run.requests.values())) / run.seconds


def _usage_invalid_because(run: Run) -> list[str]:
    """Return the reasons why the CPU and memory of a window do not count."""
    return invalid_because(run) + usage_refused_because(run)


def memory_mib(run: Run) -> float:
    """Return the memory of server and Redis; NaN where it was not sampled."""
    return run.usage.total_pss_mib or np.nan


def _cpu_seconds_per_thousand(run: Run) -> float:
    return cpu_per_thousand(run) or np.nan


DELIVERY_LATE = Measure("delivery", "loaded", _late_percent)
TYPING_LATE = Measure("typing", "", _late_percent)
MEMORY = Measure("delivery", "loaded", memory_mib, _usage_invalid_because)
CPU = Measure("delivery", "loaded", _cpu_seconds_per_thousand, _usage_invalid_because)
THROUGHPUT = Measure("http", "full", _requests_per_second)
FAILED = Measure("delivery", "loaded", _failed_percent)
