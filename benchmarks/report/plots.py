"""The pictures of a report, as SVG and PNG."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.generator.users import POLL_EVERY
from benchmarks.measure.claims import Judgement
from benchmarks.measure.deliveries import Floats
from benchmarks.measure.metrics import Evidence, capacity_limit_ms
from benchmarks.measure.runs import Run
from benchmarks.measure.verdicts import Verdict
from benchmarks.report.fanout import draw_fanout
from benchmarks.report.style import ABOVE_BARS, STYLE, colour, place

VERDICT_COLOURS = {
    Verdict.REPRODUCED: "#15803d",
    Verdict.EXCEEDED: "#166534",
    Verdict.PARTLY: "#b45309",
    Verdict.NOT_REPRODUCED: "#b91c1c",
    Verdict.CONTRADICTED: "#7f1d1d",
    Verdict.INCONCLUSIVE: "#475569",
    Verdict.INVALID: "#475569",
}


def draw(folder: Path, evidence: Evidence, judgements: Sequence[Judgement]) -> list[str]:
    """Draw every picture that there is data for; return their names, without endings."""
    folder.mkdir(exist_ok=True)
    pictures: dict[str, Callable[[Figure], bool]] = {
        "latency": lambda figure: _latency(figure, evidence),
        "users": lambda figure: _users(figure, evidence),
        "resources": lambda figure: _resources(figure, evidence),
        "http": lambda figure: _http(figure, evidence),
        "fanout": lambda figure: draw_fanout(figure, evidence),
        "claims": lambda figure: _claims(figure, judgements),
    }
    drawn = []
    with mpl.rc_context(STYLE):
        for name, picture in pictures.items():
            figure = Figure(figsize=(8, 4.2), layout="constrained")
            if picture(figure):
                figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
                figure.savefig(folder / f"{name}.png", dpi=150)
                drawn.append(name)
    return drawn


def polling_delay_share(seconds: Floats) -> Floats:
    """Return the share of messages that a poll at random intervals has fetched by a time.

    The wait from a random moment to the next poll is the residual life of the interval:
    its density is (1 - F(t)) / E[T], for T uniform between the bounds of POLL_EVERY
    (Cox, Renewal Theory, 1962, section 5.2). The server is taken as infinitely fast.
    """
    low, high = POLL_EVERY
    mean = (low + high) / 2
    inside = np.clip(seconds, low, high)
    beyond_low = ((high - low) ** 2 - (high - inside) ** 2) / (2 * (high - low))
    share: Floats = (np.minimum(seconds, low) + beyond_low) / mean
    return share


def _servers(evidence: Evidence, scenario: str) -> list[str]:
    found = {run.server for run in evidence.runs if run.window.scenario == scenario}
    return sorted(found, key=place)


def _merged(runs: Sequence[Run]) -> Floats:
    return np.sort(np.concatenate([run.deliveries.latencies_ms for run in runs if run.deliveries]))


def _latency(figure: Figure, evidence: Evidence) -> bool:
    axes = figure.subplots()
    servers = [*_servers(evidence, "delivery"), *_servers(evidence, "floor")]
    for server in servers:
        runs = evidence.of(server, "delivery") or evidence.of(server, "floor", "floor")
        if not runs:
            continue
        latencies = _merged(runs)
        if not len(latencies):
            continue
        label = f"{server} ({runs[0].transport})" if server != "null" else "the harness itself"
        share = np.arange(1, len(latencies) + 1) / len(latencies) * 100
        width = 1.2 if server == "null" else 2.2
        axes.plot(latencies, share, color=colour(server), label=label, lw=width)
    if not axes.lines:
        return False
    ideal = np.geomspace(0.01, POLL_EVERY[1], 400)
    axes.plot(
        ideal * 1000,
        polling_delay_share(ideal) * 100,
        color=colour("gunicorn"),
        ls=":",
        label="polling every 2 to 5 s, ideal server",
    )
    axes.axvline(100, color="#334155", lw=1, ls="--")
    axes.text(108, 50, "claimed: 100 ms", fontsize=9, color="#334155", rotation=90, va="center")
    axes.set(
        xscale="log",
        xlim=(0.8, 10_000),
        ylim=(0, 100),
        xlabel="from intended send to receipt by another member (ms, logarithmic)",
        ylabel="deliveries within (%)",
        title="How long a message takes",
    )
    figure.legend(frameon=False, loc="outside lower center", ncols=2, fontsize=9)
    return True


def _users(figure: Figure, evidence: Evidence) -> bool:
    axes = figure.subplots()
    for server in _servers(evidence, "capacity"):
        by_users: dict[int, list[Floats]] = defaultdict(list)
        runs = [*evidence.of(server, "delivery"), *evidence.of(server, "capacity")]
        for run in runs:
            if run.deliveries and len(run.deliveries.latencies_ms):
                by_users[run.window.users].append(run.deliveries.latencies_ms)
        users = sorted(by_users)
        merged = [np.concatenate(by_users[count]) for count in users]
        for quantile, style, marker in ((0.99, "-", "o"), (0.5, ":", ".")):
            axes.plot(
                users,
                [np.quantile(one, quantile) for one in merged],
                ls=style,
                marker=marker,
                ms=4,
                color=colour(server),
                label=f"{server}, p{quantile * 100:.0f}",
            )
        limit = capacity_limit_ms(runs[0].transport)
        axes.axhline(limit, color=colour(server), lw=0.8, ls="--")
    if not axes.has_data() or not axes.get_legend_handles_labels()[0]:
        return False
    axes.set(
        yscale="log",
        xlabel="users there, each writing a message every 20 s",
        ylabel="delivery latency (ms, logarithmic)",
        title="Latency against users; dashed: the limit of each transport",
    )
    axes.legend(frameon=False, fontsize=9, ncols=2)
    return True


def _resources(figure: Figure, evidence: Evidence) -> bool:
    # Of a deployment nobody can look into, only what it delivers is known.
    servers = [
        server
        for server in _servers(evidence, "delivery")
        if any(run.usage.total_pss_mib for run in evidence.of(server, "delivery"))
    ]
    if not servers:
        return False
    memory, cpu = figure.subplots(1, 2)
    bars: list[tuple[str, str, list[Run]]] = []
    for server in servers:
        idle = evidence.of(server, "resources", "idle")
        bars += [(f"{server}\nidle", server, idle)] if idle else []
        bars.append((f"{server}\nloaded", server, evidence.of(server, "delivery")))
    for label, server, runs in bars:
        base = 0.0
        for role, alpha in (("server", 1.0), ("redis", 0.5)):
            value = float(np.mean([run.usage.pss_mib.get(role, 0.0) for run in runs]))
            if not value:
                continue
            memory.bar(label, value, bottom=base, color=colour(server), alpha=alpha)
            base += value
        memory.text(label, base, f"{base:.0f}", ha="center", va="bottom", fontsize=9)
    memory.margins(y=ABOVE_BARS)
    memory.set(title="Memory, PSS (MiB; paler: Redis)")
    memory.grid(axis="x", visible=False)
    for server in servers:
        runs = [run for run in evidence.of(server, "delivery") if run.deliveries]
        cost = [
            run.usage.total_cpu_seconds / max(1, run.deliveries.received) * 1000
            for run in runs
            if run.deliveries
        ]
        mean = float(np.mean(cost))
        spread = [[mean - min(cost)], [max(cost) - mean]]
        bar = cpu.bar(server, mean, yerr=spread, color=colour(server), capsize=4)
        cpu.bar_label(bar, fmt="{:.2f}", padding=3, fontsize=9)
    cpu.margins(y=ABOVE_BARS)
    cpu.set(title="CPU seconds per 1,000 delivered")
    cpu.grid(axis="x", visible=False)
    return True


def _http(figure: Figure, evidence: Evidence) -> bool:
    servers = _servers(evidence, "http")
    if not servers:
        return False
    rate, latency = figure.subplots(1, 2)
    for server in servers:
        full = [
            sum(map(len, run.requests.values())) / run.seconds
            for run in evidence.of(server, "http", "full")
        ]
        mean = float(np.mean(full))
        spread = [[mean - min(full)], [max(full) - mean]]
        bar = rate.bar(server, mean, yerr=spread, color=colour(server), capsize=4)
        rate.bar_label(bar, fmt="{:.0f}", padding=3, fontsize=9)
        paced = [
            durations
            for run in evidence.of(server, "http", "paced")
            for durations in run.requests.values()
        ]
        if paced:
            _cumulative(latency, np.concatenate(paced), server)
    rate.margins(y=ABOVE_BARS)
    rate.set(title="Requests per second, flat out")
    rate.grid(axis="x", visible=False)
    latency.set(
        xscale="log",
        title="Latency at the same pace",
        xlabel="ms, logarithmic",
        ylabel="requests within (%)",
    )
    latency.legend(frameon=False, fontsize=9)
    return True


def _cumulative(axes: Axes, durations: Floats, server: str) -> None:
    share = np.arange(1, len(durations) + 1) / len(durations) * 100
    axes.plot(np.sort(durations), share, color=colour(server), label=server, lw=2)


def _claims(figure: Figure, judgements: Sequence[Judgement]) -> bool:
    shown = [one for one in judgements if one.change and np.isfinite(one.change.high)]
    if not shown:
        return False
    axes = figure.subplots()
    for row, judgement in enumerate(reversed(shown)):
        change = judgement.change
        assert change is not None
        colour = VERDICT_COLOURS[judgement.verdict]
        axes.plot([change.low, change.high], [row, row], color=colour, lw=5, solid_capstyle="butt")
        axes.plot(change.value, row, "o", color="white", mec=colour, mew=2, ms=7)
        for judged in judgement.criteria:
            bound = judged.criterion.at_most
            bound = judged.criterion.at_least if bound is None else bound
            if judged.criterion.of == "change" and bound is not None:
                axes.plot(bound, row, "|", color="#0f172a", ms=20, mew=2)
    axes.axvline(0, color="#94a3b8", lw=1)
    axes.set_yticks(
        range(len(shown)), [f"{one.claim.id}\n{one.verdict}" for one in reversed(shown)], fontsize=9
    )
    axes.set_xscale("symlog", linthresh=100, linscale=2)
    axes.set(
        xlabel="change from gunicorn to daphne, % with 95 % interval; bar: what is claimed",
        title="Measured change against the claim",
    )
    return True
