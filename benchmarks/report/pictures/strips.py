"""Draw strip plots: a row per way of serving, a point per window, and the 95 % interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.measure.metrics import Evidence
from benchmarks.report.answers import find_claim
from benchmarks.report.pictures.style import INK, mark_row, name_rows, rows_high, style_of
from benchmarks.report.pictures.windows import Measure, counted, servers_of
from benchmarks.report.values import Json

MAX_OFFSET_ROWS = 0.24
"""The distance of the points of the first and the last start from the middle of their row."""


@dataclass(frozen=True)
class Strip:
    """The content of a picture with a strip plot.

    ``claim`` is the metric of the claim whose intervals are drawn. They are the intervals of
    the criterion with ``later_than`` if ``is_share``, else those of the value. ``threshold`` is
    drawn as a line. The axis is linear up to ``linear_to`` and logarithmic above it; if
    ``linear_to`` is 0, the whole axis is linear.
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
        answer = _find_answer(results, strip.claim, server)
        bounds = _find_interval(answer, is_share=strip.is_share)
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
    _set_scale(axes, strip, [value for values in shown.values() for _start, value in values])
    axes.set_xlabel(strip.label)
    return True


def _draw_points(axes: Axes, row: int, server: str, values: list[tuple[int, float]]) -> None:
    starts = sorted({start for start, _value in values})
    offsets = (
        np.linspace(-MAX_OFFSET_ROWS, MAX_OFFSET_ROWS, len(starts))
        if len(starts) > 1
        else np.zeros(1)
    )
    offset_of = dict(zip(starts, offsets, strict=True))
    axes.plot(
        [value for _start, value in values],
        [row + offset_of[start] for start, _value in values],
        style_of(server).marker,
        ms=4.5,
        mfc="none",
        mew=1.3,
        color=style_of(server).light,
    )


def _set_scale(axes: Axes, strip: Strip, values: list[float]) -> None:
    if not strip.linear_to:
        axes.set_xlim(left=0)
        axes.margins(x=0.08)
        return
    axes.set_xscale("symlog", linthresh=strip.linear_to, linscale=0.6)
    most = max(*values, strip.threshold or 0.0, strip.linear_to)
    # No value is below zero, but the marker of a point at zero needs space there.
    axes.set_xlim(-strip.linear_to / 4, most * 2)
    ticks = [0.0, *(10.0**power for power in range(-3, 3) if strip.linear_to <= 10.0**power)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def _find_answer(results: Json, metric: str, server: str) -> Json | None:
    claim = find_claim(results, metric)
    found = [one for one in claim["answers"] if one["server"] == server] if claim else []
    return found[0] if found else None


def _find_interval(answer: Json | None, *, is_share: bool) -> tuple[float, float] | None:
    """Return the interval of an answer, or of its share criterion; None if it is not finite."""
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
