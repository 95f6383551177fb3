"""Strips: a row for each way of serving, a point for each window, and the 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measure.metrics import Evidence
from benchmarks.report.answers import with_metric
from benchmarks.report.pictures.style import INK, mark_row, name_rows, rows_high, style_of
from benchmarks.report.pictures.windows import Measure, counted, servers_of
from benchmarks.report.values import Json

SPREAD = 0.24
"""Rows between the points of the first start and those of the last."""


@dataclass(frozen=True)
class Strip:
    """What a picture with strips shows.

    ``claim`` is the metric of the claim whose intervals are drawn; they are those of the
    criterion with ``later_than`` where ``is_share``, else those of the value. ``threshold`` is
    drawn as a line. ``linear_to`` is where a logarithmic axis becomes linear; 0 is a linear one.
    """

    claim: str
    measure: Measure
    label: str
    threshold: float | None = None
    is_share: bool = False
    linear_to: float = 0.0


def draw_strips(figure: Figure, evidence: Evidence, results: Json, strip: Strip) -> bool:
    """Draw a strip for each server; return False if nothing was measured."""
    found = {
        server: counted(evidence, strip.measure, server)
        for server in servers_of(evidence, strip.measure.scenario, strip.measure.phase)
    }
    shown = {server: values for server, values in found.items() if values}
    if not shown:
        return False
    rows_high(figure, len(shown))
    axes = figure.subplots()
    for row, (server, values) in enumerate(shown.items()):
        answer = _answer(results, strip.claim, server)
        bounds = _interval(answer, is_share=strip.is_share)
        if bounds:
            axes.barh(
                row,
                bounds[1] - bounds[0],
                left=bounds[0],
                height=0.62,
                alpha=0.28,
                color=style_of(server).light,
                lw=0,
            )
        _draw_points(axes, row, server, values)
        if answer and answer["bound"] == "at least":
            mark_row(axes, row, "at least")
    if strip.threshold is not None:
        axes.axvline(strip.threshold, color=INK, lw=1.2, ls="--")
    name_rows(axes, list(shown))
    _scale(axes, strip, [value for values in shown.values() for _start, value in values])
    axes.set_xlabel(strip.label)
    return True


def _draw_points(axes: Axes, row: int, server: str, values: list[tuple[int, float]]) -> None:
    starts = sorted({start for start, _value in values})
    offsets = np.linspace(-SPREAD, SPREAD, len(starts)) if len(starts) > 1 else np.zeros(1)
    where = dict(zip(starts, offsets, strict=True))
    axes.plot(
        [value for _start, value in values],
        [row + where[start] for start, _value in values],
        style_of(server).marker,
        ms=4.5,
        mfc="none",
        mew=1.3,
        color=style_of(server).light,
    )


def _scale(axes: Axes, strip: Strip, values: list[float]) -> None:
    if not strip.linear_to:
        axes.set_xlim(left=0)
        axes.margins(x=0.08)
        return
    axes.set_xscale("symlog", linthresh=strip.linear_to, linscale=0.6)
    most = max(*values, strip.threshold or 0.0, strip.linear_to)
    # Below zero there is nothing, but a point at zero needs room for its marker.
    axes.set_xlim(-strip.linear_to / 4, most * 2)
    ticks = [0.0, *(10.0**power for power in range(-3, 3) if strip.linear_to <= 10.0**power)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def _answer(results: Json, metric: str, server: str) -> Json | None:
    claim = with_metric(results, metric)
    found = [one for one in claim["answers"] if one["server"] == server] if claim else []
    return found[0] if found else None


def _interval(answer: Json | None, *, is_share: bool) -> tuple[float, float] | None:
    """Return the finite interval of an answer, or of the share that one of its criteria asks."""
    if answer is None:
        return None
    bounds = answer["ci95"]
    if is_share:
        shares = [
            one["ci95"]
            for one in answer["criteria"]
            if one.get("later_than") is not None and one["of"] == "candidate"
        ]
        bounds = shares[0] if shares else None
    if not bounds or None in bounds:
        return None
    return float(bounds[0]), float(bounds[1])
