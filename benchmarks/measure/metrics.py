"""Read the metrics of the claims from the windows of a server.

A metric only uses valid windows: those in which the measuring instrument did not fail
(validity.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from benchmarks.measure.capacity import Capacity, Step, capacity
from benchmarks.measure.intervals import pooled_spread
from benchmarks.measure.runs import Run
from benchmarks.measure.samples import Answers, Brackets, Failures, Latencies, Samples, Values
from benchmarks.measure.validity import invalid_because, usage_refused_because
from benchmarks.transports.registry import find_transport

SLACK_MS = 1000.0

CONTROL = "control"
"""The arm of the second starts of the baseline, compared with the first ones: A against A."""

NOTHING = "nothing was measured"
"""The reason why a start has no value although the instrument did not fail."""


@dataclass(frozen=True)
class Evidence:
    """All runs of a benchmark, and the results of its probes."""

    runs: Sequence[Run]
    probes: pd.DataFrame

    def of(self, server: str, scenario: str, phase: str = "", arm: str | None = None) -> list[Run]:
        """Return the runs of a scenario on a server.

        An empty ``phase`` selects all phases, and ``arm`` None all arms.
        """
        return [
            run
            for run in self.runs
            if run.server == server
            and run.window.scenario == scenario
            and phase in {"", run.window.phase}
            and arm in {None, run.arm}
        ]


@dataclass(frozen=True)
class Metric:
    """A metric: the scenario that measures it, the kind of its samples, and their reader.

    The arguments of ``read`` are the evidence, the server, and the arm; arm None selects every
    start of the server.
    """

    scenario: str
    kind: type[Samples]
    read: Callable[[Evidence, str, str | None], Samples]


def samples(evidence: Evidence, metric: str, server: str, arm: str | None = None) -> Samples:
    """Return a metric's samples of one server, for one arm of its starts or for all.

    Raises:
        KeyError: there is no such metric.
    """
    return METRICS[metric].read(evidence, server, arm)


def capacity_limit_ms(transport: str) -> float:
    """Return the p99 that a step of the capacity search must not exceed, in ms."""
    return find_transport(transport).longest_ms + SLACK_MS


def capacities(evidence: Evidence, server: str, arm: str | None = None) -> dict[int, Capacity]:
    """Return the result of the capacity search, by start."""
    runs_of_search = evidence.of(server, "capacity", arm=arm)
    return {
        start: capacity([_make_step(run) for run in runs], capacity_limit_ms(runs[0].transport))
        for start, runs in sorted(_group_by_start(runs_of_search).items())
    }


def _make_step(run: Run) -> Step:
    return replace(run.step, instrument=tuple(invalid_because(run)))


def cpu_per_thousand(run: Run) -> float:
    """Return the CPU seconds of server and Redis for each 1,000 deliveries of a window."""
    return _compute_cpu_per_thousand([run])


def _compute_cpu_per_thousand(windows: Sequence[Run]) -> float:
    """Return the CPU seconds of server and Redis for each 1,000 deliveries of a start."""
    delivered = sum(run.deliveries.received for run in windows if run.deliveries)
    used = sum(run.usage.total_cpu_seconds for run in windows)
    return used / delivered * 1000 if delivered else np.nan


def _compute_memory(windows: Sequence[Run]) -> float:
    return float(np.mean([run.usage.total_pss_mib for run in windows]))


def _compute_resource_index(windows: Sequence[Run]) -> float:
    return float(np.sqrt(_compute_memory(windows) * _compute_cpu_per_thousand(windows) * 1000))


def _read_throughput(evidence: Evidence, server: str, arm: str | None) -> Samples:
    """Return the requests per second of each start, as brackets.

    The rate is only a lower bound if the server was not saturated. If nothing was answered, the
    rate is less than one request in the time of the windows.
    """
    valid, left_out = _split_by_validity(evidence.of(server, "http", "full", arm), invalid_because)
    brackets = {}
    by_start = _group_by_start(valid)
    for start, windows in by_start.items():
        rate = _compute_requests_per_second(windows)
        is_bound = any(run.is_lower_bound for run in windows)
        if rate:
            brackets[start] = (rate, np.inf if is_bound else rate)
        else:
            brackets[start] = (0.0, 1 / sum(run.seconds for run in windows))
    return Brackets(
        tuple(brackets), left_out, _find_rounds(by_start, brackets), tuple(brackets.values())
    )


def _group_by_start(windows: Iterable[Run]) -> dict[int, list[Run]]:
    by_start: dict[int, list[Run]] = defaultdict(list)
    for run in windows:
        by_start[run.start].append(run)
    return by_start


def _find_rounds(by_start: Mapping[int, Sequence[Run]], starts: Iterable[int]) -> tuple[int, ...]:
    """Return the round of each start."""
    return tuple(by_start[start][0].repeat for start in starts)


def _compute_requests_per_second(windows: Sequence[Run]) -> float:
    requests = sum(len(durations) for run in windows for durations in run.requests.values())
    return requests / sum(run.seconds for run in windows)


def _split_by_validity(
    windows: Iterable[Run], why_not: Callable[[Run], list[str]]
) -> tuple[list[Run], tuple[str, ...]]:
    """Return the valid windows, and the reasons why each of the others is not valid."""
    valid, left_out = [], []
    for run in windows:
        if reasons := why_not(run):
            left_out.append(f"start {run.repeat}: {'; '.join(reasons)}")
        else:
            valid.append(run)
    return valid, tuple(left_out)


def _make_latencies(scenario: str) -> Metric:
    def read(evidence: Evidence, server: str, arm: str | None) -> Samples:
        windows = evidence.of(server, scenario, arm=arm)
        valid, left_out = _split_by_validity(windows, invalid_because)
        empty = [not (run.deliveries and len(run.deliveries.latencies_ms)) for run in valid]
        left_out += tuple(
            f"start {run.repeat}: {NOTHING}"
            for run, is_empty in zip(valid, empty, strict=True)
            if is_empty
        )
        measured = [run for run, is_empty in zip(valid, empty, strict=True) if not is_empty]
        together = max((run.window.room_size - 1 for run in measured), default=1)
        return Latencies(
            tuple(run.start for run in measured),
            left_out,
            tuple(run.deliveries.latencies_ms for run in measured if run.deliveries),
            float(max(1, together)),
        )

    # The scenario is "delivery" for typing too: it is measured inside the delivery windows.
    return Metric("delivery", Latencies, read)


def _make_values(
    scenario: str,
    phase: str,
    value: Callable[[Sequence[Run]], float],
    why_not: Callable[[Run], list[str]],
) -> Metric:
    """Return a metric with one value for each start, computed from all of its windows."""

    def read(evidence: Evidence, server: str, arm: str | None) -> Samples:
        windows = evidence.of(server, scenario, phase, arm)
        valid, left_out = _split_by_validity(windows, why_not)
        by_start = _group_by_start(valid)
        values = {start: value(windows) for start, windows in by_start.items()}
        measured = {
            start: number for start, number in values.items() if np.isfinite(number) and number > 0
        }
        left_out += tuple(
            f"start {by_start[start][0].repeat}: {NOTHING}"
            for start in values.keys() - measured.keys()
        )
        return Values(
            tuple(measured), left_out, _find_rounds(by_start, measured), tuple(measured.values())
        )

    return Metric(scenario, Values, read)


def _find_usage_problems(run: Run) -> list[str]:
    return invalid_because(run) + usage_refused_because(run)


def _read_capacity(evidence: Evidence, server: str, arm: str | None) -> Samples:
    """Return the bracket of each search, and how far searches differ over all servers."""
    windows = evidence.of(server, "capacity", arm=arm)
    _, left_out = _split_by_validity(windows, invalid_because)
    servers = sorted({run.server for run in evidence.runs})
    spread = pooled_spread([list(_find_brackets(evidence, name).values()) for name in servers])
    brackets = _find_brackets(evidence, server, arm)
    return Brackets(
        tuple(brackets),
        left_out,
        _find_rounds(_group_by_start(windows), brackets),
        tuple(brackets.values()),
        spread if spread.freedom else None,
    )


def _find_brackets(
    evidence: Evidence, server: str, arm: str | None = None
) -> dict[int, tuple[float, float]]:
    """Return the lower and upper bound of the capacity that each search found, by start."""
    # A search found nothing if all of its steps were invalid, or if no step held or failed.
    return {
        start: (float(found.users), float(found.failed_at or np.inf))
        for start, found in capacities(evidence, server, arm).items()
        if found.users or found.failed_at
    }


def _read_failures(evidence: Evidence, server: str, arm: str | None) -> Samples:
    """Return failed operations and lost deliveries, and all operations and deliveries."""
    valid, left_out = _split_by_validity(evidence.of(server, "delivery", arm=arm), invalid_because)
    lost = [run.deliveries.lost if run.deliveries else 0 for run in valid]
    expected = [run.deliveries.expected if run.deliveries else 0 for run in valid]
    failed = [
        float(sum(run.errors.values()) + count) for run, count in zip(valid, lost, strict=True)
    ]
    of = [float(run.operations + count) for run, count in zip(valid, expected, strict=True)]
    tried = [index for index, count in enumerate(of) if count]
    return Failures(
        tuple(valid[index].start for index in tried),
        left_out,
        tuple(failed[index] for index in tried),
        tuple(of[index] for index in tried),
    )


def _make_answers(capability: str) -> Metric:
    def read(evidence: Evidence, server: str, _arm: str | None) -> Samples:
        rows = evidence.probes[
            (evidence.probes["capability"] == capability) & (evidence.probes["server"] == server)
        ]
        offered = tuple(bool(each) for each in rows["offered"])
        return Answers(tuple(range(len(offered))), (), offered)

    return Metric(capability, Answers, read)


METRICS: dict[str, Metric] = {
    "delivery": _make_latencies("delivery"),
    "typing": _make_latencies("typing"),
    "memory": _make_values("delivery", "loaded", _compute_memory, _find_usage_problems),
    "cpu": _make_values("delivery", "loaded", _compute_cpu_per_thousand, _find_usage_problems),
    "resources": _make_values("delivery", "loaded", _compute_resource_index, _find_usage_problems),
    "throughput": Metric("http", Brackets, _read_throughput),
    "capacity": Metric("capacity", Brackets, _read_capacity),
    "errors": Metric("delivery", Failures, _read_failures),
    "websocket": _make_answers("websocket"),
    "http2": _make_answers("http2"),
}
