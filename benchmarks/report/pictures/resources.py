"""Draw memory by role, and memory against CPU."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from benchmarks.measure.metrics import Evidence
from benchmarks.measure.runs import Run
from benchmarks.report.pictures.style import name_rows, rows_high, style_of
from benchmarks.report.pictures.windows import CPU, MEMORY, memory_mib, servers_of

REDIS_ALPHA = 0.45


def draw_memory(figure: Figure, evidence: Evidence) -> bool:
    """Draw idle and loaded memory, Redis separately; return False if none was sampled."""
    bars: list[tuple[str, str, list[Run]]] = []
    for server in servers_of(evidence, "delivery"):
        for scenario, phase in (("resources", "idle"), ("delivery", "loaded")):
            runs = [
                run
                for run in evidence.of(server, scenario, phase)
                if not MEMORY.why_not(run) and np.isfinite(memory_mib(run))
            ]
            if runs:
                bars.append((f"{server}, {phase}", server, runs))
    if not bars:
        return False
    rows_high(figure, len(bars))
    axes = figure.subplots()
    for row, (_label, server, runs) in enumerate(bars):
        left = 0.0
        for role, alpha in (("server", 1.0), ("redis", REDIS_ALPHA)):
            value = float(np.mean([run.usage.pss_mib.get(role, 0.0) for run in runs]))
            axes.barh(row, value, 0.66, left=left, color=style_of(server).light, alpha=alpha, lw=0)
            left += value
        totals = [memory_mib(run) for run in runs]
        axes.plot(totals, [row] * len(totals), "|", color=style_of(server).light, ms=14, mew=1)
        axes.annotate(
            f"{np.mean(totals):,.0f}",
            (max(totals), row),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
        )
    name_rows(axes, [label for label, _server, _runs in bars])
    axes.margins(x=0.14)
    axes.set_xlabel("memory (MiB); paler: Redis")
    return True


def draw_resources(figure: Figure, evidence: Evidence) -> bool:
    """Draw the memory of each window against its CPU; return False if there is no window."""
    axes = figure.subplots()
    for server in servers_of(evidence, "delivery"):
        runs = [run for run in evidence.of(server, "delivery", "loaded") if not CPU.why_not(run)]
        points = [(CPU.value(run), memory_mib(run)) for run in runs]
        seen = [point for point in points if np.isfinite(point).all()]
        if seen:
            cpu, memory = zip(*seen, strict=True)
            style: Any = {"color": style_of(server).light, "mfc": "none", "ms": 6, "mew": 1.4}
            axes.plot(cpu, memory, style_of(server).marker, label=server, **style)
    if not axes.lines:
        return False
    axes.margins(0.12)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set(xlabel="CPU seconds per 1,000 delivered", ylabel="memory (MiB)")
    figure.legend(loc="outside lower center", ncols=3)
    return True
