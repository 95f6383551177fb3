"""The table of claims and ways of serving, as data for the pages and the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.report.answers import answer_of, is_measured, measured_ways, ways
from benchmarks.report.formats import change, interval, quantity
from benchmarks.report.language import Part
from benchmarks.report.values import Json


@dataclass(frozen=True)
class Cell:
    """A claim's answer for one way of serving.

    ``verdict`` is empty for the baseline, to which the others are compared.
    """

    server: str
    role: str
    verdict: str
    value: Part
    interval: str
    change: Part
    change_interval: str
    starts: int
    windows: int


@dataclass(frozen=True)
class Row:
    """A claim and its cells, one for each way of serving; None where it was not measured."""

    claim: Json
    cells: tuple[Cell | None, ...]


def columns(results: Json) -> list[str]:
    """Return the ways of serving that the table shows; all of them if none was measured."""
    return measured_ways(results) or ways(results)


def claims_table(results: Json) -> list[Row]:
    """Return a row for each claim."""
    shown = columns(results)
    return [
        Row(claim, tuple(_build_cell(claim, answer_of(claim, server)) for server in shown))
        for claim in results["claims"]
    ]


def _build_cell(claim: Json, answer: Json | None) -> Cell | None:
    if answer is None or not is_measured(answer):
        return None
    has_interval = bool(claim["unit"]) and bool(answer["ci95"])
    return Cell(
        server=answer["server"],
        role=answer["role"],
        verdict=answer["verdict"] or "",
        value=quantity(answer, claim["unit"]),
        interval=interval(answer["ci95"]) if has_interval else "",
        change=change(answer),
        change_interval=interval(answer["change_ci95"]) if change(answer) else "",
        starts=answer["starts"],
        windows=answer["windows"],
    )
