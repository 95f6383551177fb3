"""Print the results of a run: the conclusion, the verdicts, and where the report is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.measure.fanout import BASELINES
from benchmarks.report.answers import is_judged, name_of
from benchmarks.report.conclusion import conclude
from benchmarks.report.facts import topic_of
from benchmarks.report.formats import estimated, number, ratio
from benchmarks.report.language import ENGLISH, Phrase
from benchmarks.report.tables import Cell, Row, claims_table, columns
from benchmarks.report.values import Json

COLOURS = {
    "reproduced": "green",
    "exceeded": "bold green",
    "partly": "yellow",
    "at the limit": "yellow",
    "not reproduced": "red",
    "contradicted": "bold red",
    "inconclusive": "dim",
    "invalid": "dim",
}
COLUMN_CHARACTERS = 16
"""The width of a column for a way of serving; if the columns do not fit, the ways are rows."""


def print_verdicts(found: Json, run: Path, console: Console) -> None:
    """Print the conclusion and the verdicts, what else was measured, and where the report is."""
    _print_conclusion(found, console)
    if is_judged(found):
        _print_claims(found, console)
    if found["fanout"]["repeats"]:
        _print_fanout(found["fanout"], console)
    if found["figures"]:
        _print_figures(found["figures"], console)
    pages = " ".join(str(run / name) for name in ("report.html", "report.md", "results.json"))
    console.print(f"Report: {escape(pages)}", soft_wrap=True)


def died(found: Json) -> list[str]:
    """Return a line for each process of a server that ended by itself."""
    return [
        f"{name_of(one)}, {one['scenario']}, start {one['start']}: {one['how']}; the run went on, "
        "and its verdicts count what was not served."
        for one in found["deaths"]
    ]


def _print_conclusion(found: Json, console: Console) -> None:
    conclusion = conclude(found)
    groups: Iterable[tuple[str, tuple[Phrase, ...]]] = (
        ("Conclusion", (conclusion.sentence,)),
        ("", tuple(one for one in conclusion.state if one != conclusion.sentence)),
        ("What to expect", conclusion.expect),
        ("What not to expect", conclusion.do_not_expect),
        ("What to run", conclusion.instead),
        ("At what cost", conclusion.cost),
    )
    for title, phrases in groups:
        if phrases:
            text = " ".join(ENGLISH.render(phrase) for phrase in phrases)
            heading = f"[bold]{title}:[/] " if title else ""
            console.print(f"{heading}{escape(text)}", highlight=False)
    console.print()


def _print_claims(found: Json, console: Console) -> None:
    shown = columns(found)
    rows = claims_table(found)
    if console.width >= COLUMN_CHARACTERS * (len(shown) + 2):
        console.print(_build_wide_table(found["run_id"], shown, rows))
    else:
        console.print(_build_narrow_table(found["run_id"], rows))


def _build_wide_table(run_id: str, shown: list[str], rows: list[Row]) -> Table:
    """Return a table with a column for each way of serving."""
    table = _create_table(f"Verdicts of {run_id}")
    for column in ("claim", "claimed", *shown):
        table.add_column(column)
    for row in rows:
        claimed = row.claim["claimed"]["change"] or row.claim["claimed"]["new"]
        cells = ["\n".join(_format_cell(cell)) for cell in row.cells]
        table.add_row(ENGLISH.render(topic_of(row.claim)), escape(claimed), *cells)
        table.add_section()
    return table


def _build_narrow_table(run_id: str, rows: list[Row]) -> Table:
    """Return a table with a row for each claim and way of serving."""
    table = _create_table(f"Verdicts of {run_id}")
    table.add_column("claim")
    table.add_column("way")
    table.add_column("verdict", no_wrap=True)
    table.add_column("value, change")
    for row in rows:
        topic = ENGLISH.render(topic_of(row.claim))
        for cell in row.cells:
            if cell:
                verdict, *rest = _format_cell(cell)
                table.add_row(topic, cell.server, verdict, " ".join(rest))
                topic = ""
        table.add_section()
    return table


def _format_cell(cell: Cell | None) -> list[str]:
    """Return the lines of a cell: verdict, value, change."""
    if cell is None:
        return ["[dim]not measured[/]"]
    colour = COLOURS.get(cell.verdict, "dim")
    lines = [f"[{colour}]{cell.verdict or 'baseline'}[/]", escape(ENGLISH.render(cell.value))]
    return [*lines, escape(ENGLISH.render(cell.change))] if cell.change else lines


def _create_table(title: str) -> Table:
    return Table(title=escape(title), title_justify="left", pad_edge=False)


def _print_figures(figures: list[Json], console: Console) -> None:
    table = _create_table("Beyond the claims")
    for column in ("scenario", "figure", "server"):
        table.add_column(column)
    for column in ("sockets", "value [95 %]", "x daphne"):
        table.add_column(escape(column), justify="right")
    for one in figures:
        table.add_row(
            one["scenario"],
            one["figure"],
            one["server"],
            str(one["users"]),
            escape(ENGLISH.render(estimated(one["value"], one["ci95"], one["unit"]))),
            number(one["ratio_to_daphne"]),
        )
    console.print(table)


def _print_fanout(fanout: Json, console: Console) -> None:
    table = _create_table("Fan-out: one busy room")
    table.add_column("sockets", justify="right")
    table.add_column("server", no_wrap=True)
    table.add_column(escape("deliveries/s held [95 %]"), justify="right")
    for baseline in BASELINES:
        table.add_column(f"x {baseline}", justify="right")
    table.add_column(f"p99 ms at {number(fanout['reference_rate'])}/s", justify="right")
    for one in fanout["servers"]:
        at_least = "at least " if one["at_least"] else ""
        rate = ENGLISH.render(estimated(one["deliveries_per_second"], one["ci95"]))
        table.add_row(
            f"{one['sockets']:,}",
            one["server"],
            escape(f"{at_least}{rate}"),
            *(ENGLISH.render(ratio(one["ratios"][baseline])) for baseline in BASELINES),
            number(one["reference_p99_ms"]),
        )
    console.print(table)
    for one in fanout["repeats"]:
        if not one["valid"]:
            why = "; ".join(one["invalid_because"])
            text = f"{one['server']}, start {one['repeat']}, does not count: {why}"
            console.print(escape(text))
