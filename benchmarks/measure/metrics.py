"""The quantities that claims are about, read from the windows of a server.

A metric takes only windows that count: those in which the instrument did not fail (validity.py).
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
"""The arm of the starts of a baseline that are compared with its others: A against A."""

NOTHING = "nothing was measured"
"""Why a start has no value where the instrument did not fail."""


@dataclass(frozen=True)
class Evidence:
    """All runs of a benchmark, and what was probed."""

    runs: Sequence[Run]
    probes: pd.DataFrame

    def of(self, server: str, scenario: str, phase: str = "", arm: str | None = None) -> list[Run]:
        """Return the runs of a scenario on a server, by start: of one arm, or of all."""
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
    """A quantity: the scenario that measures it, the kind of its samples, and their reader.

    ``read`` is given the evidence, the server, and the arm: None is every start of the server.
    """

    scenario: str
    kind: type[Samples]
    read: Callable[[Evidence, str, str | None], Samples]


def samples(evidence: Evidence, metric: str, server: str, arm: str | None = None) -> Samples:
    """Return a metric's samples of one server: of one arm of its starts, or of all.

    Raises:
        KeyError: there is no such metric.
    """
    return METRICS[metric].read(evidence, server, arm)


def capacity_limit_ms(transport: str) -> float:
    """Return the p99 that a step of the capacity search has to keep to, in ms."""
    return find_transport(transport).longest_ms + SLACK_MS


def capacities(evidence: Evidence, server: str, arm: str | None = None) -> dict[int, Capacity]:
    """Return what the search found, by start."""
    found = evidence.of(server, "capacity", arm=arm)
    return {
        start: capacity([_step(run) for run in runs], capacity_limit_ms(runs[0].transport))
        for start, runs in sorted(_by_start(found).items())
    }


def _step(run: Run) -> Step:
    return replace(run.step, instrument=tuple(invalid_because(run)))


def cpu_per_thousand(run: Run) -> float:
    """Return the CPU seconds of server and Redis for each 1,000 deliveries of a window."""
    return _cpu_per_thousand([run])


def _cpu_per_thousand(windows: Sequence[Run]) -> float:
    """Return the CPU seconds of server and Redis for each 1,000 deliveries of a start."""
    delivered = sum(run.deliveries.received for run in windows if run.deliveries)
    used = sum(run.usage.total_cpu_seconds for run in windows)
    return used / delivered * 1000 if delivered else np.nan


def _memory(windows: Sequence[Run]) -> float:
    return float(np.mean([run.usage.total_pss_mib for run in windows]))


def _resource_index(windows: Sequence[Run]) -> float:
    return float(np.sqrt(_memory(windows) * _cpu_per_thousand(windows) * 1000))


def _throughput(evidence: Evidence, server: str, arm: str | None) -> Samples:
    """Return the requests per second of each start: at least so many if it was not saturated.

    A start in which nothing was answered did less than one request in its time.
    """
    kept, left_out = _counted(evidence.of(server, "http", "full", arm), invalid_because)
    brackets = {}
    by_start = _by_start(kept)
    for start, windows in by_start.items():
        least = _requests_per_second(windows)
        is_bound = any(run.is_lower_bound for run in windows)
        if least:
            brackets[start] = (least, np.inf if is_bound else least)
        else:
            brackets[start] = (0.0, 1 / sum(run.seconds for run in windows))
    return Brackets(
        tuple(brackets), left_out, _rounds(by_start, brackets), tuple(brackets.values())
    )


def _by_start(windows: Iterable[Run]) -> dict[int, list[Run]]:
    by_start: dict[int, list[Run]] = defaultdict(list)
    for run in windows:
        by_start[run.start].append(run)
    return by_start


def _rounds(by_start: Mapping[int, Sequence[Run]], starts: Iterable[int]) -> tuple[int, ...]:
    """Return the round of each start."""
    return tuple(by_start[start][0].repeat for start in starts)


def _requests_per_second(windows: Sequence[Run]) -> float:
    requests = sum(len(durations) for run in windows for durations in run.requests.values())
    return requests / sum(run.seconds for run in windows)


def _counted(
    found: Iterable[Run], why_not: Callable[[Run], list[str]]
) -> tuple[list[Run], tuple[str, ...]]:
    """Return the windows that count, and why each of the others does not."""
    kept, left_out = [], []
    for run in found:
        if reasons := why_not(run):
            left_out.append(f"start {run.repeat}: {'; '.join(reasons)}")
        else:
            kept.append(run)
    return kept, tuple(left_out)


def _latencies(scenario: str) -> Metric:
    def read(evidence: Evidence, server: str, arm: str | None) -> Samples:
        found = evidence.of(server, scenario, arm=arm)
        kept, left_out = _counted(found, invalid_because)
        empty = [not (run.deliveries and len(run.deliveries.latencies_ms)) for run in kept]
        left_out += tuple(
            f"start {run.repeat}: {NOTHING}"
            for run, is_empty in zip(kept, empty, strict=True)
            if is_empty
        )
        seen = [run for run, is_empty in zip(kept, empty, strict=True) if not is_empty]
        together = max((run.window.room_size - 1 for run in seen), default=1)
        return Latencies(
            tuple(run.start for run in seen),
            left_out,
            tuple(run.deliveries.latencies_ms for run in seen if run.deliveries),
            float(max(1, together)),
        )

    # Typing is measured inside the windows of the delivery.
    return Metric("delivery", Latencies, read)


def _values(
    scenario: str,
    phase: str,
    value: Callable[[Sequence[Run]], float],
    why_not: Callable[[Run], list[str]],
) -> Metric:
    """Return a metric that is one value of all windows of a start together."""

    def read(evidence: Evidence, server: str, arm: str | None) -> Samples:
        kept, left_out = _counted(evidence.of(server, scenario, phase, arm), why_not)
        by_start = _by_start(kept)
        values = {start: value(windows) for start, windows in by_start.items()}
        measured = {start: one for start, one in values.items() if np.isfinite(one) and one > 0}
        left_out += tuple(
            f"start {by_start[start][0].repeat}: {NOTHING}"
            for start in values.keys() - measured.keys()
        )
        return Values(
            tuple(measured), left_out, _rounds(by_start, measured), tuple(measured.values())
        )

    return Metric(scenario, Values, read)


def _usage_does_not_count(run: Run) -> list[str]:
    return invalid_because(run) + usage_refused_because(run)


def _capacity(evidence: Evidence, server: str, arm: str | None) -> Samples:
    """Return the bracket of each search; how far searches differ is known from all servers'."""
    found = evidence.of(server, "capacity", arm=arm)
    _, left_out = _counted(found, invalid_because)
    servers = sorted({run.server for run in evidence.runs})
    spread = pooled_spread([list(_brackets(evidence, one).values()) for one in servers])
    brackets = _brackets(evidence, server, arm)
    return Brackets(
        tuple(brackets),
        left_out,
        _rounds(_by_start(found), brackets),
        tuple(brackets.values()),
        spread if spread.freedom else None,
    )


def _brackets(
    evidence: Evidence, server: str, arm: str | None = None
) -> dict[int, tuple[float, float]]:
    """Return between what and what each search found the capacity to be, by start."""
    # A search whose every step failed to count, or that neither held nor failed, found nothing.
    return {
        start: (float(one.users), float(one.failed_at or np.inf))
        for start, one in capacities(evidence, server, arm).items()
        if one.users or one.failed_at
    }


def _failures(evidence: Evidence, server: str, arm: str | None) -> Samples:
    """Return failed operations and lost deliveries, of all that were tried and expected."""
    kept, left_out = _counted(evidence.of(server, "delivery", arm=arm), invalid_because)
    lost = [run.deliveries.lost if run.deliveries else 0 for run in kept]
    expected = [run.deliveries.expected if run.deliveries else 0 for run in kept]
    failed = [float(sum(run.errors.values()) + one) for run, one in zip(kept, lost, strict=True)]
    of = [float(run.operations + one) for run, one in zip(kept, expected, strict=True)]
    tried = [index for index, count in enumerate(of) if count]
    return Failures(
        tuple(kept[index].start for index in tried),
        left_out,
        tuple(failed[index] for index in tried),
        tuple(of[index] for index in tried),
    )


def _answers(capability: str) -> Metric:
    def read(evidence: Evidence, server: str, _arm: str | None) -> Samples:
        rows = evidence.probes[
            (evidence.probes["capability"] == capability) & (evidence.probes["server"] == server)
        ]
        offered = tuple(bool(one) for one in rows["offered"])
        return Answers(tuple(range(len(offered))), (), offered)

    return Metric(capability, Answers, read)


METRICS: dict[str, Metric] = {
    "delivery": _latencies("delivery"),
    "typing": _latencies("typing"),
    "memory": _values("delivery", "loaded", _memory, _usage_does_not_count),
    "cpu": _values("delivery", "loaded", _cpu_per_thousand, _usage_does_not_count),
    "resources": _values("delivery", "loaded", _resource_index, _usage_does_not_count),
    "throughput": Metric("http", Brackets, _throughput),
    "capacity": Metric("capacity", Brackets, _capacity),
    "errors": Metric("delivery", Failures, _failures),
    "websocket": _answers("websocket"),
    "http2": _answers("http2"),
}
