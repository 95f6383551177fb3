"""Draw the pictures that need only results: changes against claims, A/A control, capacities."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.report.answers import answer_of
from benchmarks.report.facts import TOPICS
from benchmarks.report.pictures.style import (
    GRID,
    INK,
    QUIET,
    VERDICT_COLOURS,
    mark_row,
    name_rows,
    place,
    rows_high,
    style_of,
)
from benchmarks.report.values import Json

TICKS_PERCENT = (-100, -50, 0, 50, 100, 1000, 10_000, 100_000)
NEAR_TICK_PERCENT = 400
"""The tick that replaces the one at 100 if the axis reaches 400, but not 1,000."""


def draw_changes(figure: Figure, results: Json) -> bool:
    """Draw the change of each claim against the claimed one; return False if there is none."""
    shown = []
    for claim in results["claims"]:
        answer = answer_of(claim, claim["candidate"])
        if answer and answer["change_percent"] is not None and _is_finite(answer["change_ci95"]):
            shown.append((claim, answer))
    if not shown:
        return False
    rows_high(figure, len(shown))
    axes = figure.subplots()
    for row, (claim, answer) in enumerate(shown):
        colour = VERDICT_COLOURS[claim["verdict"]][0]
        low, high = answer["change_ci95"]
        axes.plot([low, high], [row, row], color=colour, lw=5, solid_capstyle="butt")
        axes.plot(answer["change_percent"], row, "o", color=colour, mfc="#ffffff", mew=1.8, ms=6)
        for criterion in answer["criteria"]:
            if criterion["of"] == "change":
                bound = criterion["at_most"]
                bound = criterion["at_least"] if bound is None else bound
                axes.plot(bound, row, "|", color=INK, ms=18, mew=2)
        mark_row(axes, row, claim["verdict"], colour)
    axes.axvline(0, color=QUIET, lw=1)
    name_rows(axes, [_find_topic(claim) for claim, _answer in shown])
    _set_percent_axis(axes, "change (%); bar: what is claimed")
    return True


def draw_control(figure: Figure, results: Json) -> bool:
    """Draw how far the baseline differs from itself; return False if it was not measured."""
    shown = [
        claim
        for claim in results["claims"]
        if claim["control"]
        and claim["control"]["change_percent"] is not None
        and _is_finite(claim["control"]["ci95"])
    ]
    if not shown:
        return False
    rows_high(figure, len(shown))
    axes = figure.subplots()
    for row, claim in enumerate(shown):
        control = claim["control"]
        colour = VERDICT_COLOURS["not reproduced" if control["downgraded"] else "inconclusive"][0]
        axes.plot(control["ci95"], [row, row], color=colour, lw=5, solid_capstyle="butt")
        axes.plot(control["change_percent"], row, "o", color=colour, mfc="#ffffff", ms=6, mew=1.8)
    axes.axvline(0, color=QUIET, lw=1)
    name_rows(axes, [_find_topic(claim) for claim in shown])
    _set_percent_axis(axes, "difference from itself (%)")
    return True


def draw_capacity(figure: Figure, results: Json) -> bool:
    """Draw for each start the most users that were served well, and the fewest that were not.

    Return False if there is no data.
    """
    found = results["capacity"]
    servers = sorted({one["server"] for one in found}, key=place)
    if not servers:
        return False
    rows_high(figure, len(servers))
    figure.set_figheight(figure.get_figheight() + 0.25 * len(servers))
    axes = figure.subplots()
    for row, server in enumerate(servers):
        own = [one for one in found if one["server"] == server]
        offsets = np.linspace(-0.28, 0.28, len(own)) if len(own) > 1 else np.zeros(1)
        for offset, one in zip(offsets, own, strict=True):
            _draw_bracket(axes, row + float(offset), one)
    most = max(_find_most_users(one) for one in found)
    axes.set_xlim(0, most * 1.12)
    name_rows(axes, servers)
    axes.set_xlabel("users served well")
    return True


def _draw_bracket(axes: Axes, row: float, one: Json) -> None:
    """Draw the bracket of a start, or an arrow if its search ended before the server's limit."""
    server = style_of(one["server"])
    failed = one.get("failed_at")
    axes.plot(one["users"], row, server.marker, color=server.light, ms=5)
    if failed is not None:
        axes.plot([one["users"], failed], [row, row], color=server.light, lw=1.4)
        axes.plot(failed, row, "|", color=server.light, ms=8, mew=1.6)
    elif one["at_least"]:
        axes.annotate(
            "",
            (one["users"], row),
            xytext=(18, 0),
            textcoords="offset points",
            arrowprops={"arrowstyle": "<-", "color": server.light},
        )


def _find_most_users(one: Json) -> float:
    """Return the largest number of users that a start's bracket shows."""
    return float(one.get("failed_at") or one["users"] or 1)


def _find_topic(claim: Json) -> str:
    return TOPICS.get(claim["metric"], str(claim["id"]))


def _is_finite(bounds: list[float | None] | None) -> bool:
    return bool(bounds) and None not in (bounds or [])


def _set_percent_axis(axes: Axes, label: str) -> None:
    """Set up an axis in percent: linear to 100 and logarithmic beyond."""
    axes.set_xscale("symlog", linthresh=100, linscale=2)
    axes.margins(x=0.06)
    low, high = axes.get_xlim()
    ticks = [tick for tick in TICKS_PERCENT if low <= tick <= high]
    if NEAR_TICK_PERCENT <= high < max(TICKS_PERCENT[:6]):
        ticks[-1] = NEAR_TICK_PERCENT
    if len(ticks) > 2:
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    else:
        axes.set_xscale("linear")
    axes.minorticks_off()
    axes.grid(axis="x", color=GRID)
    axes.set_xlabel(label)
