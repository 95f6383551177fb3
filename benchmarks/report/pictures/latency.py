"""Draw latency: its cumulative distribution, and its growth with the number of users."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measure.deliveries import Floats
from benchmarks.measure.metrics import Evidence, capacity_limit_ms
from benchmarks.measure.runs import Run
from benchmarks.report.pictures.style import INK, QUIET, WIDTH, style_of
from benchmarks.report.pictures.windows import LATE_MS, latencies_of, servers_of, valid_runs
from benchmarks.transports.short_poll import POLL_EVERY

SHARE_LABEL = "deliveries (%)"
LATENCY_LABEL = "ms from intended send to receipt"


def polling_delay_share(seconds: Floats) -> Floats:
    """Return the share of messages that a client polling at random intervals has by a time.

    The wait from a random moment to the next poll is the residual life of the interval:
    its density is (1 - F(t)) / E[T], for T uniform between the bounds of POLL_EVERY
    (Cox, Renewal Theory, 1962, section 5.2). The model assumes an infinitely fast server.
    """
    low, high = POLL_EVERY
    mean = (low + high) / 2
    inside = np.clip(seconds, low, high)
    beyond_low = ((high - low) ** 2 - (high - inside) ** 2) / (2 * (high - low))
    share: Floats = (np.minimum(seconds, low) + beyond_low) / mean
    return share


def draw_delivery(figure: Figure, evidence: Evidence) -> bool:
    """Draw the cumulative latency of messages; return False if none was measured."""
    axes = figure.subplots()
    for server in servers_of(evidence, "delivery"):
        cumulate(axes, latencies_of(valid_runs(evidence, server, "delivery")), server)
    if not axes.lines:
        return False
    floor = latencies_of([run for run in evidence.runs if run.window.phase == "floor"])
    cumulate(axes, floor, "null", label="the harness itself")
    if any(run.transport == "polling" for run in evidence.runs):
        ideal = np.geomspace(0.01, POLL_EVERY[1], 400)
        style: Any = {"color": QUIET, "ls": ":", "lw": 1.2}
        share = polling_delay_share(ideal) * 100
        axes.plot(ideal * 1000, share, label="polling, ideal server", **style)
    _finish(figure, axes, SHARE_LABEL, LATENCY_LABEL)
    return True


def draw_typing(figure: Figure, evidence: Evidence) -> bool:
    """Draw the cumulative latency of typing indicators; return False if none was measured."""
    axes = figure.subplots()
    for server in servers_of(evidence, "typing"):
        cumulate(axes, latencies_of(valid_runs(evidence, server, "typing")), server)
    if not axes.lines:
        return False
    _finish(figure, axes, "typing indicators (%)", "ms from typing to appearance")
    return True


def draw_paced_http(figure: Figure, evidence: Evidence) -> bool:
    """Draw the cumulative latency of paced requests; return False if none was measured."""
    axes = figure.subplots()
    for server in servers_of(evidence, "http", "paced"):
        runs = valid_runs(evidence, server, "http", "paced")
        durations = [one for run in runs for one in run.requests.values()]
        failed = np.full(sum(run.failed_requests for run in runs), np.inf)
        if durations:
            cumulate(axes, np.sort(np.concatenate([*durations, failed])), server)
    if not axes.lines:
        return False
    _finish(figure, axes, "requests (%)", "ms from request to response", limit=None)
    return True


def cumulate(axes: Axes, sorted_ms: Floats, server: str, label: str = "") -> None:
    """Draw a cumulative curve, which ends below 100 % if some samples never arrived."""
    arrived = sorted_ms[np.isfinite(sorted_ms)]
    if not len(arrived):
        return
    share = np.arange(1, len(arrived) + 1) / len(sorted_ms) * 100
    # A picture of this size cannot show more points, whatever the number of samples.
    kept = np.unique(np.linspace(0, len(arrived) - 1, min(len(arrived), 600)).astype(int))
    axes.plot(
        arrived[kept],
        share[kept],
        color=style_of(server).light,
        ls=style_of(server).line,
        marker=style_of(server).marker,
        markevery=0.18,
        ms=4,
        lw=1.8,
        label=label or server,
    )


def _finish(
    figure: Figure, axes: Axes, counted: str, measured: str, limit: float | None = LATE_MS
) -> None:
    if limit is not None:
        axes.axvline(limit, color=INK, lw=1, ls="--")
    axes.set(xscale="log", ylim=(0, 102), xlabel=measured, ylabel=counted)
    low, high = axes.get_xlim()
    powers = range(int(np.floor(np.log10(max(low, 0.1)))), int(np.ceil(np.log10(high))) + 1)
    axes.set_xlim(max(low, 0.1), high)
    ticks = [10.0**power for power in powers if max(low, 0.1) <= 10.0**power <= high]
    axes.set_xticks(ticks, [f"{tick:,g}" for tick in ticks])
    axes.minorticks_off()
    figure.legend(loc="outside lower center", ncols=2)


def draw_users(figure: Figure, evidence: Evidence) -> bool:
    """Draw p99 against users: a point for each window, and a line within each start only.

    Return False if none was measured.
    """
    axes = figure.subplots()
    figure.set_size_inches(WIDTH, 4.2)
    for server in servers_of(evidence, "capacity"):
        by_start: dict[int, list[Run]] = defaultdict(list)
        for run in valid_runs(evidence, server, "capacity"):
            if run.deliveries and len(run.deliveries.latencies_ms):
                by_start[run.start].append(run)
        label = server
        for runs in by_start.values():
            _draw_start(axes, runs, server, label)
            label = ""
    if not axes.lines:
        return False
    searched = [run for run in evidence.runs if run.window.scenario == "capacity"]
    for limit in {capacity_limit_ms(run.transport) for run in searched}:
        axes.axhline(limit, color=INK, lw=0.9, ls="--")
    axes.set(yscale="log", xlabel="users", ylabel="p99 of delivery (ms)")
    axes.minorticks_off()
    low, high = axes.get_ylim()
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [10.0**power for power in powers if low <= 10.0**power <= high]
    axes.set_yticks(ticks, [f"{tick:,g}" for tick in ticks])
    figure.legend(loc="outside lower center", ncols=2)
    return True


def _draw_start(axes: Axes, runs: list[Run], server: str, label: str) -> None:
    ordered = sorted(runs, key=lambda run: run.window.users)
    p99 = [_calculate_p99(run) for run in ordered]
    axes.plot(
        [run.window.users for run in ordered],
        p99,
        color=style_of(server).light,
        ls=style_of(server).line,
        marker=style_of(server).marker,
        mfc="none",
        ms=4.5,
        lw=0.8,
        label=label or None,
    )


def _calculate_p99(run: Run) -> float:
    """Return the p99 of a window; NaN, which is not drawn, if it is infinite."""
    assert run.deliveries is not None
    p99 = float(np.quantile(run.deliveries.latencies_ms, 0.99, method="higher"))
    return p99 if np.isfinite(p99) else np.nan
