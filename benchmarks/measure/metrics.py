"""The quantities that claims are about: for a server, one array of samples per repeat.

A metric looks only at runs that count: those in which the generator was not the limit
and, where it is about latency, nothing was lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.measure.capacity import Capacity, capacity
from benchmarks.measure.deliveries import Floats
from benchmarks.measure.runs import Run

SLACK_MS = 1000.0
POLLING_MS = 5000.0


@dataclass(frozen=True)
class Evidence:
    """All runs of a benchmark, and what was probed."""

    runs: Sequence[Run]
    probes: pd.DataFrame

    def of(self, server: str, scenario: str, phase: str = "") -> list[Run]:
        """Return the runs of a scenario on a server, by repeat."""
        return [
            run
            for run in self.runs
            if run.server == server
            and run.window.scenario == scenario
            and phase in {"", run.window.phase}
        ]


@dataclass(frozen=True)
class Samples:
    """What a metric has of one server: samples by repeat, and why repeats are missing.

    ``is_unbounded`` tells that a search ended for want of users, not of capacity.
    """

    repeats: list[Floats]
    left_out: list[str]
    is_unbounded: bool = False


def samples(evidence: Evidence, metric: str, server: str) -> Samples:
    """Return a metric's samples of one server.

    Raises:
        KeyError: there is no such metric.
    """
    return METRICS[metric](evidence, server)


def capacity_limit_ms(transport: str) -> float:
    """Return the p99 that a step of the capacity search has to keep to, in ms."""
    return (POLLING_MS if transport == "polling" else 0.0) + SLACK_MS


def capacities(evidence: Evidence, server: str) -> dict[int, Capacity]:
    """Return what the search found, by repeat; the delivery run is its lowest step."""
    by_repeat: dict[int, list[Run]] = defaultdict(list)
    for run in evidence.of(server, "capacity"):
        by_repeat[run.repeat].append(run)
    return {
        repeat: capacity([run.step for run in steps], capacity_limit_ms(steps[0].transport))
        for repeat, steps in sorted(by_repeat.items())
    }


def invalid_because(run: Run) -> list[str]:
    """Return why figures do not count: the generator was the limit, or messages got lost."""
    reasons = run.generator_limits
    seen = run.deliveries
    if run.window.scenario in {"delivery", "typing"} and seen and seen.lost:
        reasons = [*reasons, f"{seen.lost} of {seen.expected} deliveries lost or late"]
    return reasons


def _latency(scenario: str) -> Callable[[Evidence, str], Samples]:
    def read(evidence: Evidence, server: str) -> Samples:
        return collect(
            evidence.of(server, scenario),
            lambda run: run.deliveries.latencies_ms if run.deliveries else np.array([]),
            invalid_because,
        )

    return read


def scalar(
    scenario: str, phase: str, value: Callable[[Run], float]
) -> Callable[[Evidence, str], Samples]:
    """Return a metric that is one value of each run of a scenario's phase."""

    def read(evidence: Evidence, server: str) -> Samples:
        return collect(
            evidence.of(server, scenario, phase),
            lambda run: np.array([value(run)]),
            lambda run: run.generator_limits,
        )

    return read


def collect(
    found: Sequence[Run], take: Callable[[Run], Floats], why_not: Callable[[Run], list[str]]
) -> Samples:
    """Return the samples of the runs that count; ``why_not`` says why one does not."""
    kept: list[Floats] = []
    left_out: list[str] = []
    for run in found:
        reasons = why_not(run)
        taken = take(run)
        if reasons:
            left_out.append(f"repeat {run.repeat}: {'; '.join(reasons)}")
        elif len(taken) and bool(np.isfinite(taken).all()):
            kept.append(taken)
        else:
            left_out.append(f"repeat {run.repeat}: nothing was measured")
    return Samples(kept, left_out)


def cpu_per_thousand(run: Run) -> float:
    """Return the CPU seconds of server and Redis for each 1,000 deliveries."""
    delivered = run.deliveries.received if run.deliveries else 0
    return run.usage.total_cpu_seconds / delivered * 1000 if delivered else np.nan


def _resource_index(run: Run) -> float:
    return float(np.sqrt(run.usage.total_pss_mib * cpu_per_thousand(run) * 1000))


def _throughput(run: Run) -> float:
    return sum(len(durations) for durations in run.requests.values()) / run.seconds


def _capacity(evidence: Evidence, server: str) -> Samples:
    limited = {
        run.repeat: reasons
        for run in evidence.of(server, "capacity")
        if (reasons := run.generator_limits)
    }
    found = capacities(evidence, server)
    unbounded = {repeat: one for repeat, one in found.items() if one.at_least}
    counted = found.keys() - limited.keys() - unbounded.keys()
    return Samples(
        [np.array([float(found[repeat].users)]) for repeat in sorted(counted)],
        [f"repeat {repeat}: {'; '.join(reasons)}" for repeat, reasons in limited.items()]
        + [f"repeat {repeat}: it carried all {one.users}" for repeat, one in unbounded.items()],
        is_unbounded=bool(unbounded),
    )


def _errors(evidence: Evidence, server: str) -> Samples:
    """Return zeros and ones: whether each operation failed, each expected delivery was lost."""

    def outcomes(run: Run) -> Floats:
        lost = run.deliveries.lost if run.deliveries else 0
        expected = run.deliveries.expected if run.deliveries else 0
        failed = sum(run.errors.values()) + lost
        return np.repeat([1.0, 0.0], [failed, run.operations + expected - failed])

    return collect(evidence.of(server, "delivery"), outcomes, lambda run: run.generator_limits)


def _probe(capability: str) -> Callable[[Evidence, str], Samples]:
    def read(evidence: Evidence, server: str) -> Samples:
        rows = evidence.probes[
            (evidence.probes["capability"] == capability) & (evidence.probes["server"] == server)
        ]
        offered = rows["offered"].to_numpy(dtype=np.float64)
        return Samples([np.array([one]) for one in offered], [])

    return read


METRICS: dict[str, Callable[[Evidence, str], Samples]] = {
    "delivery": _latency("delivery"),
    "typing": _latency("typing"),
    "memory": scalar("delivery", "loaded", lambda run: run.usage.total_pss_mib),
    "cpu": scalar("delivery", "loaded", cpu_per_thousand),
    "resources": scalar("delivery", "loaded", _resource_index),
    "throughput": scalar("http", "full", _throughput),
    "capacity": _capacity,
    "errors": _errors,
    "websocket": _probe("websocket"),
    "http2": _probe("http2"),
}
