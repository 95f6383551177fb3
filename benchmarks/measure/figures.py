"""Figures that no claim is about: sockets by the thousand, storing, a rolling restart.

Each is a metric like those of the claims (metrics.py), with its unit and the statistic that
sums it up over the repeats. The scenarios of the same names describe what is measured.
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
"""Whom the others are compared with: the configuration of the migration write-up."""

FEW, MANY, LOADED, ROLLING = "few", "many", "loaded", "rolling"
"""Phases of the scenarios."""


def process_phase(index: int) -> str:
    """Return the phase in which one process, counted from 0, is restarted."""
    return f"process {index + 1}"


@dataclass(frozen=True)
class Samples:
    """What there is of a figure of one server: samples by repeat, and why repeats are missing."""

    repeats: list[Floats]
    left_out: list[str]


@dataclass(frozen=True)
class Figure:
    """Something worth knowing of a server: how it is had, in what unit, and how summed up."""

    name: str
    scenario: str
    unit: str
    samples: Callable[[Evidence, str], Samples]
    statistic: str = "p50"


@dataclass(frozen=True)
class Seen:
    """A figure of one server over its valid repeats; ``ratio`` is to the baseline's."""

    figure: Figure
    server: str
    users: int
    repeats: int
    value: Estimate | None
    ratio: Estimate | None
    left_out: tuple[str, ...]


def figures(evidence: Evidence) -> list[Seen]:
    """Return every figure of every server that it was measured of."""
    found = []
    for figure in FIGURES:
        of = [run for run in evidence.runs if run.window.scenario == figure.scenario]
        servers = sorted({run.server for run in of})
        samples = {server: figure.samples(evidence, server) for server in servers}
        found += [
            Seen(
                figure=figure,
                server=server,
                users=max(run.window.users for run in of if run.server == server),
                repeats=len(samples[server].repeats),
                value=_summed_up(samples[server].repeats, figure),
                ratio=_ratio(samples.get(BASELINE), samples[server], figure)
                if server != BASELINE
                else None,
                left_out=tuple(samples[server].left_out),
            )
            for server in servers
            if samples[server].repeats or samples[server].left_out
        ]
    return found


def scalar(
    scenario: str,
    phase: str,
    value: Callable[[Run], float],
    why_not: Callable[[Run], list[str]] = invalid_because,
) -> Callable[[Evidence, str], Samples]:
    """Return a figure that is one value of each run of a scenario's phase."""

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
    """Return the samples of the runs that count; ``why_not`` says why one does not."""
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


def _summed_up(repeats: Sequence[Floats], figure: Figure) -> Estimate | None:
    return estimate(repeats, STATISTICS[figure.statistic]) if repeats else None


def _ratio(baseline: Samples | None, candidate: Samples, figure: Figure) -> Estimate | None:
    """Return the ratio of two servers' figures; None where one has none, or the baseline's is 0."""
    if not baseline or not baseline.repeats or not candidate.repeats:
        return None
    statistic = STATISTICS[figure.statistic]
    if not estimate(baseline.repeats, statistic).value:
        return None
    change = change_percent(baseline.repeats, candidate.repeats, statistic)
    return Estimate(*(1 + percent / 100 for percent in (change.value, change.low, change.high)))


def _memory_of_a_socket(evidence: Evidence, server: str) -> Samples:
    """Return the slope of the server's PSS from few sockets to many, in KiB."""
    few = {run.repeat: run for run in evidence.of(server, "scale", FEW)}

    def slope(run: Run) -> Floats:
        before = few[run.repeat]
        grown = run.usage.pss_mib["server"] - before.usage.pss_mib["server"]
        return np.array([grown * 1024 / (run.window.users - before.window.users)])

    many = [run for run in evidence.of(server, "scale", MANY) if run.repeat in few]
    return collect(many, slope, _of_no_concern)


def _of_no_concern(_run: Run) -> list[str]:
    """Return nothing: a busy generator changes no memory of the server's."""
    return []


def _latencies(run: Run) -> Floats:
    return run.deliveries.latencies_ms if run.deliveries else np.array([])


def _acknowledgements(run: Run) -> Floats:
    return run.deliveries.ack_ms if run.deliveries else np.array([])


def _lost(run: Run) -> float:
    seen = run.deliveries
    assert seen is not None
    return float(seen.lost + seen.unsent)


def _duplicated(run: Run) -> float:
    assert run.deliveries is not None
    return float(run.deliveries.duplicated)


def _stored_per_second(run: Run) -> float:
    assert run.deliveries is not None
    return (run.deliveries.sent - run.deliveries.unacknowledged) / run.seconds


def _at_reference(evidence: Evidence, server: str) -> Samples:
    of = evidence.of(server, "fanout", f"{REFERENCE:.0f}")
    return collect(of, lambda run: np.array([cpu_per_thousand(run)]), invalid_because)


def _count(
    scenario: str, phase: str, value: Callable[[Run], float]
) -> Callable[[Evidence, str], Samples]:
    return scalar(scenario, phase, value, counts_refused_because)


def _of_processes(take: Callable[[Run], Floats]) -> Callable[[Evidence, str], Samples]:
    """Return a metric of the restarts of single processes: the worst of each repeat."""

    def read(evidence: Evidence, server: str) -> Samples:
        restarts = [run for run in evidence.of(server, "restart") if run.window.phase != ROLLING]
        by_repeat = {
            repeat: [take(run) for run in restarts if run.repeat == repeat]
            for repeat in sorted({run.repeat for run in restarts})
        }
        worst = {repeat: np.concatenate(seen) for repeat, seen in by_repeat.items()}
        return Samples(
            [np.array([seen.max()]) for seen in worst.values() if len(seen)],
            [
                f"repeat {repeat}: nobody returned"
                for repeat, seen in worst.items()
                if not len(seen)
            ],
        )

    return read


FIGURES = (
    Figure("CPU seconds per 1,000 deliveries, one room", "fanout", "s", _at_reference),
    Figure("memory of an idle socket", "scale", "KiB", _memory_of_a_socket),
    Figure(
        "delivery p99",
        "scale",
        "ms",
        lambda evidence, server: collect(
            evidence.of(server, "scale", LOADED), _latencies, invalid_because
        ),
        "p99",
    ),
    Figure(
        "lost or unacknowledged",
        "scale",
        "deliveries",
        _count("scale", LOADED, _lost),
    ),
    Figure(
        "stored and acknowledged", "storing", "1/s", scalar("storing", LOADED, _stored_per_second)
    ),
    Figure(
        "acknowledgement p99",
        "storing",
        "ms",
        lambda evidence, server: collect(
            evidence.of(server, "storing", LOADED),
            _acknowledgements,
            invalid_because,
        ),
        "p99",
    ),
    Figure(
        "delivery p99",
        "storing",
        "ms",
        lambda evidence, server: collect(
            evidence.of(server, "storing", LOADED), _latencies, invalid_because
        ),
        "p99",
    ),
    Figure(
        "lost, late or unacknowledged",
        "storing",
        "deliveries",
        _count("storing", LOADED, _lost),
    ),
    Figure(
        "lost or unacknowledged",
        "restart",
        "deliveries",
        _count("restart", ROLLING, _lost),
    ),
    Figure(
        "duplicated",
        "restart",
        "deliveries",
        _count("restart", ROLLING, _duplicated),
    ),
    Figure(
        "longest that a socket was away",
        "restart",
        "s",
        _of_processes(lambda run: run.away_s),
    ),
    Figure(
        "all back after a process was asked to end",
        "restart",
        "s",
        _of_processes(lambda run: run.back_s),
    ),
)
