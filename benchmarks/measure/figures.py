"""Figures that belong to no claim: thousands of sockets, storing, and a rolling restart.

Each is a metric like those of the claims (metrics.py), with its unit and the statistic that
summarises the repeats. The scenarios of the same names describe what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.measure.deliveries import Floats
from benchmarks.measure.fanout import REFERENCE
from benchmarks.measure.metrics import NOTHING, Evidence, cpu_per_thousand
from benchmarks.measure.runs import Run
from benchmarks.measure.statistics import STATISTICS, Estimate, change_percent, estimate
from benchmarks.measure.validity import counts_refused_because, invalid_because

BASELINE = "daphne"
"""The server that the others are compared with: the configuration of the migration write-up."""

FEW, MANY, LOADED, ROLLING = "few", "many", "loaded", "rolling"
"""Phases of the scenarios."""


def process_phase(index: int) -> str:
    """Return the phase in which one process, counted from 0, is restarted."""
    return f"process {index + 1}"


@dataclass(frozen=True)
class Samples:
    """The samples of a figure for one server, by repeat, and why repeats are left out."""

    repeats: list[Floats]
    left_out: list[str]


@dataclass(frozen=True)
class Figure:
    """A figure about a server: how its samples are taken, its unit, and its statistic."""

    name: str
    scenario: str
    unit: str
    samples: Callable[[Evidence, str], Samples]
    statistic: str = "p50"


@dataclass(frozen=True)
class FigureResult:
    """A figure of one server over its valid repeats.

    ``ratio`` is the ratio to the same figure of the baseline.
    """

    figure: Figure
    server: str
    users: int
    repeats: int
    value: Estimate | None
    ratio: Estimate | None
    left_out: tuple[str, ...]


def figures(evidence: Evidence) -> list[FigureResult]:
    """Return every figure for every server on which it was measured."""
    results = []
    for figure in FIGURES:
        runs = [run for run in evidence.runs if run.window.scenario == figure.scenario]
        servers = sorted({run.server for run in runs})
        samples = {server: figure.samples(evidence, server) for server in servers}
        results += [
            FigureResult(
                figure=figure,
                server=server,
                users=max(run.window.users for run in runs if run.server == server),
                repeats=len(samples[server].repeats),
                value=_estimate_figure(samples[server].repeats, figure),
                ratio=_compute_ratio(samples.get(BASELINE), samples[server], figure)
                if server != BASELINE
                else None,
                left_out=tuple(samples[server].left_out),
            )
            for server in servers
            if samples[server].repeats or samples[server].left_out
        ]
    return results


def scalar(
    scenario: str,
    phase: str,
    value: Callable[[Run], float],
    why_not: Callable[[Run], list[str]] = invalid_because,
) -> Callable[[Evidence, str], Samples]:
    """Return a reader of samples that takes one value from each run of a scenario's phase."""

    def read(evidence: Evidence, server: str) -> Samples:
        return collect(
            evidence.of(server, scenario, phase),
            lambda run: np.array([value(run)]),
            why_not,
        )

    return read


def collect(
    found: Sequence[Run], take: Callable[[Run], Floats], why_not: Callable[[Run], list[str]]
) -> Samples:
    """Return the samples of the valid runs; ``why_not`` returns why a run is not valid."""
    kept: list[Floats] = []
    left_out: list[str] = []
    for run in found:
        reasons = why_not(run)
        taken = take(run)
        if reasons:
            left_out.append(f"repeat {run.repeat}: {'; '.join(reasons)}")
        elif len(taken) and not bool(np.isnan(taken).any()):
            kept.append(taken)
        else:
            left_out.append(f"repeat {run.repeat}: {NOTHING}")
    return Samples(kept, left_out)


def _estimate_figure(repeats: Sequence[Floats], figure: Figure) -> Estimate | None:
    return estimate(repeats, STATISTICS[figure.statistic]) if repeats else None


def _compute_ratio(baseline: Samples | None, candidate: Samples, figure: Figure) -> Estimate | None:
    """Return the ratio of a figure to the baseline's.

    It is None if one of them was not measured, or the baseline's is 0.
    """
    if not baseline or not baseline.repeats or not candidate.repeats:
        return None
    statistic = STATISTICS[figure.statistic]
    if not estimate(baseline.repeats, statistic).value:
        return None
    change = change_percent(baseline.repeats, candidate.repeats, statistic)
    return Estimate(*(1 + percent / 100 for percent in (change.value, change.low, change.high)))


def _measure_memory_per_socket(evidence: Evidence, server: str) -> Samples:
    """Return the growth of the server's PSS for each socket, from few to many, in KiB."""
    few = {run.repeat: run for run in evidence.of(server, "scale", FEW)}

    def slope(run: Run) -> Floats:
        before = few[run.repeat]
        grown = run.usage.pss_mib["server"] - before.usage.pss_mib["server"]
        return np.array([grown * 1024 / (run.window.users - before.window.users)])

    many = [run for run in evidence.of(server, "scale", MANY) if run.repeat in few]
    return collect(many, slope, _accept_every_run)


def _accept_every_run(_run: Run) -> list[str]:
    """Return no reasons: a busy generator does not change the memory of the server."""
    return []


def _take_latencies(run: Run) -> Floats:
    return run.deliveries.latencies_ms if run.deliveries else np.array([])


def _take_acknowledgements(run: Run) -> Floats:
    return run.deliveries.ack_ms if run.deliveries else np.array([])


def _count_lost(run: Run) -> float:
    counts = run.deliveries
    assert counts is not None
    return float(counts.lost + counts.unsent)


def _count_duplicated(run: Run) -> float:
    assert run.deliveries is not None
    return float(run.deliveries.duplicated)


def _compute_stored_per_second(run: Run) -> float:
    assert run.deliveries is not None
    return (run.deliveries.sent - run.deliveries.unacknowledged) / run.seconds


def _measure_cpu_at_reference(evidence: Evidence, server: str) -> Samples:
    runs = evidence.of(server, "fanout", f"{REFERENCE:.0f}")
    return collect(runs, lambda run: np.array([cpu_per_thousand(run)]), invalid_because)


def _make_count(
    scenario: str, phase: str, value: Callable[[Run], float]
) -> Callable[[Evidence, str], Samples]:
    return scalar(scenario, phase, value, counts_refused_because)


def _make_worst_restart(take: Callable[[Run], Floats]) -> Callable[[Evidence, str], Samples]:
    """Return a reader that takes, from each repeat, the worst value of all process restarts."""

    def read(evidence: Evidence, server: str) -> Samples:
        restarts = [run for run in evidence.of(server, "restart") if run.window.phase != ROLLING]
        by_repeat = {
            repeat: [take(run) for run in restarts if run.repeat == repeat]
            for repeat in sorted({run.repeat for run in restarts})
        }
        merged = {repeat: np.concatenate(values) for repeat, values in by_repeat.items()}
        return Samples(
            [np.array([values.max()]) for values in merged.values() if len(values)],
            [
                f"repeat {repeat}: nobody returned"
                for repeat, values in merged.items()
                if not len(values)
            ],
        )

    return read


FIGURES = (
    Figure("CPU seconds per 1,000 deliveries, one room", "fanout", "s", _measure_cpu_at_reference),
    Figure("memory of an idle socket", "scale", "KiB", _measure_memory_per_socket),
    Figure(
        "delivery p99",
        "scale",
        "ms",
        lambda evidence, server: collect(
            evidence.of(server, "scale", LOADED), _take_latencies, invalid_because
        ),
        "p99",
    ),
    Figure(
        "lost or unacknowledged",
        "scale",
        "deliveries",
        _make_count("scale", LOADED, _count_lost),
    ),
    Figure(
        "stored and acknowledged",
        "storing",
        "1/s",
        scalar("storing", LOADED, _compute_stored_per_second),
    ),
    Figure(
        "acknowledgement p99",
        "storing",
        "ms",
        lambda evidence, server: collect(
            evidence.of(server, "storing", LOADED),
            _take_acknowledgements,
            invalid_because,
        ),
        "p99",
    ),
    Figure(
        "delivery p99",
        "storing",
        "ms",
        lambda evidence, server: collect(
            evidence.of(server, "storing", LOADED), _take_latencies, invalid_because
        ),
        "p99",
    ),
    Figure(
        "lost, late or unacknowledged",
        "storing",
        "deliveries",
        _make_count("storing", LOADED, _count_lost),
    ),
    Figure(
        "lost after all restarts, or unacknowledged",
        "restart",
        "deliveries",
        _make_count("restart", ROLLING, _count_lost),
    ),
    Figure(
        "duplicated",
        "restart",
        "deliveries",
        _make_count("restart", ROLLING, _count_duplicated),
    ),
    Figure(
        "longest that a socket was away",
        "restart",
        "s",
        _make_worst_restart(lambda run: run.away_s),
    ),
    Figure(
        "all back after a process was asked to end",
        "restart",
        "s",
        _make_worst_restart(lambda run: run.back_s),
    ),
)
