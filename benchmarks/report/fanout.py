"""Results of the fan-out for results.json, and its picture."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from benchmarks.measure.deliveries import Floats, quantile
from benchmarks.measure.fanout import (
    BASELINES,
    FAILURES,
    LIMIT_MS,
    REFERENCE,
    ClientCrosscheck,
    Fanout,
    Ratio,
    ServerFanout,
    client_crosscheck,
    fanouts,
    summarise_servers,
)
from benchmarks.measure.metrics import Evidence
from benchmarks.measure.statistics import Estimate
from benchmarks.measure.validity import invalid_because
from benchmarks.report.pictures.style import INK, style_of
from benchmarks.report.values import Json, interval, number

QUANTILES = ((0.99, "-", "o"), (0.5, ":", "."))
"""The latency quantiles that are drawn for each server, with their line and marker."""


def fanout_results(evidence: Evidence) -> Json:
    """Return the fan-out's part of results.json; its lists are empty if the fan-out was not run."""
    found = fanouts(evidence)
    return {
        "limit_ms": LIMIT_MS,
        "reference_rate": REFERENCE,
        "failures": FAILURES,
        "client_crosscheck": _serialise_crosscheck(client_crosscheck(evidence)),
        "servers": [_serialise_server(one) for one in summarise_servers(found)],
        "repeats": [_serialise_repeat(one) for one in found],
    }


def draw_fanout(figure: Figure, evidence: Evidence) -> bool:
    """Draw the rate that each server held, and its latency against the offered rate.

    Return False if there is no data.
    """
    found = summarise_servers(fanouts(evidence))
    sizes = sorted({one.sockets for one in found})
    if not sizes:
        return False
    figure.set_figheight(2 * figure.get_figheight() * len(sizes))
    panels = figure.subplots(2 * len(sizes), 1, squeeze=False)[:, 0]
    for place, sockets in enumerate(sizes):
        _draw_rates(panels[2 * place], [one for one in found if one.sockets == sockets])
        _draw_latencies(panels[2 * place + 1], evidence, sockets)
    return True


def _draw_rates(axes: Axes, found: list[ServerFanout]) -> None:
    for one in reversed(found):
        below, above = one.rate.value - one.rate.low, one.rate.high - one.rate.value
        spread = [[max(0.0, below)], [max(0.0, above)]]
        bar = axes.barh(
            one.server, one.rate.value, xerr=spread, color=style_of(one.server).light, capsize=4
        )
        axes.bar_label(bar, fmt="{:,.0f}", padding=3, fontsize=9)
    axes.margins(x=0.25)
    # The labels of more ticks would overlap on a phone.
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", visible=False)
    axes.set(title=f"{found[0].sockets:,} sockets: deliveries/s held", xlabel="deliveries/s")


def _draw_latencies(axes: Axes, evidence: Evidence, sockets: int) -> None:
    """Draw latency against the offered rate; the samples of tries at the same rate are merged."""
    by_server: dict[str, dict[float, list[Floats]]] = defaultdict(lambda: defaultdict(list))
    for run in evidence.runs:
        if run.window.scenario != "fanout" or run.window.room_size != sockets:
            continue
        if run.deliveries and len(run.deliveries.latencies_ms) and not invalid_because(run):
            rate = float(run.window.phase)
            by_server[run.server][rate].append(run.deliveries.latencies_ms)
    for server, by_rate in sorted(by_server.items()):
        rates = sorted(by_rate)
        merged = [np.concatenate(by_rate[rate]) for rate in rates]
        for share, style, marker in QUANTILES:
            axes.plot(
                rates,
                [quantile(one, share) for one in merged],
                ls=style,
                marker=marker,
                ms=3,
                lw=1.2,
                color=style_of(server).light,
                label=server if share == QUANTILES[0][0] else None,
            )
    axes.axhline(LIMIT_MS, color=INK, lw=1, ls="--")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="deliveries/s asked for",
        ylabel="ms",
        title="Latency: p99, and p50 dotted",
    )
    axes.legend(frameon=False, fontsize=8, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.26))


def _serialise_server(one: ServerFanout) -> Json:
    return {
        "server": one.server,
        "sockets": one.sockets,
        "repeats": one.repeats,
        "deliveries_per_second": number(one.rate.value),
        "ci95": _open_interval(one.rate, at_least=one.at_least),
        "at_least": one.at_least,
        "reference_p99_ms": number(one.reference_ms.value) if one.reference_ms else None,
        "reference_ci95": interval(one.reference_ms) if one.reference_ms else None,
        "ratios": {baseline: _serialise_ratio(one.ratios.get(baseline)) for baseline in BASELINES},
    }


def _serialise_ratio(ratio: Ratio | None) -> Json | None:
    if ratio is None:
        return None
    value = number(ratio.of.value)
    bounds = _open_interval(ratio.of, at_least=ratio.at_least, at_most=ratio.at_most)
    return {"value": value, "ci95": bounds, "at_least": ratio.at_least, "at_most": ratio.at_most}


def _open_interval(
    of: Estimate, *, at_least: bool, at_most: bool = False
) -> list[float | None] | None:
    """Return a 95 % interval; an end that nothing bounds is infinite, or 0 below."""
    found = interval(of)
    if found is None:
        return None
    low, high = found
    return [0.0 if at_most else low, None if at_least else high]


def _serialise_repeat(one: Fanout) -> Json:
    return {
        "server": one.server,
        "sockets": one.sockets,
        "repeat": one.repeat,
        "deliveries_per_second": number(one.held.rate),
        "p99_ms": number(one.held.p99_ms),
        "reference_p99_ms": number(one.reference_ms),
        "at_least": one.held.at_least,
        "stopped_by": one.held.stopped_by,
        "valid": not one.held.invalid_because,
        "invalid_because": list(one.held.invalid_because),
    }


def _serialise_crosscheck(seen: ClientCrosscheck | None) -> Json | None:
    if seen is None:
        return None
    return {
        "clients": {
            client: {
                "deliveries_per_second": number(seen.deliveries_per_second[client]),
                "p50_ms": number(seen.p50_ms[client]),
                "p99_ms": number(seen.p99_ms[client]),
            }
            for client in seen.p50_ms
        },
        "disagreements": list(seen.disagreements),
    }
