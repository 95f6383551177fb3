"""What a run says in the terminal: its progress, and the verdicts at the end."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure.fanout import BASELINES
from benchmarks.report.pages import interval, is_judged, number, ratio
from benchmarks.report.values import Json

COLOURS = {
    "reproduced": "green",
    "exceeded": "bold green",
    "partly": "yellow",
    "not reproduced": "red",
    "contradicted": "bold red",
    "inconclusive": "dim",
    "invalid": "dim",
}


def print_verdicts(found: Json, run: Path, console: Console) -> None:
    """Print the verdicts and the fan-out, where they were measured, and where the report is."""
    if is_judged(found):
        _print_claims(found, console)
    if found["fanout"]["repeats"]:
        _print_fanout(found["fanout"], console)
    if found["figures"]:
        _print_figures(found["figures"], console)
    if not found["complete"]:
        console.print(f"[bold red]Incomplete:[/] {found['stopped_by']}")
    console.print(f"Report: {run / 'report.html'}  {run / 'report.md'}  {run / 'results.json'}")


def _print_claims(found: Json, console: Console) -> None:
    table = Table(title=f"Verdicts of {found['run_id']}", title_justify="left", pad_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("claimed")
    for side in ("baseline", "candidate"):
        table.add_column(found["claims"][0][side], justify="right")
    table.add_column("change, % [95 %]", justify="right")
    table.add_column("verdict", no_wrap=True)
    for claim in found["claims"]:
        colour = COLOURS[claim["verdict"]]
        change = number(claim["change_percent"])
        bounds = interval(claim["ci95"])
        table.add_row(
            claim["id"],
            claim["claimed"]["change"] or claim["claimed"]["new"],
            _value(claim, "baseline_value"),
            _value(claim, "candidate_value"),
            f"{change} {bounds}" if claim["change_percent"] is not None else "",
            f"[{colour}]{claim['verdict']}[/]",
        )
    console.print(table)


def _print_figures(figures: list[Json], console: Console) -> None:
    table = Table(title="Beyond the claims", title_justify="left", pad_edge=False)
    for column in ("scenario", "figure", "server"):
        table.add_column(column)
    for column in ("sockets", "value [95 %]", "x daphne"):
        table.add_column(column, justify="right")
    for one in figures:
        table.add_row(
            one["scenario"],
            one["figure"],
            one["server"],
            str(one["users"]),
            f"{number(one['value'])} {one['unit']} {interval(one['ci95'])}",
            number(one["ratio_to_daphne"]),
        )
    console.print(table)


def _print_fanout(fanout: Json, console: Console) -> None:
    table = Table(title="Fan-out: one loud room", title_justify="left", pad_edge=False)
    table.add_column("sockets", justify="right")
    table.add_column("server", no_wrap=True)
    table.add_column("deliveries/s held [95 %]", justify="right")
    for baseline in BASELINES:
        table.add_column(f"x {baseline}", justify="right")
    table.add_column(f"p99 ms at {number(fanout['reference_rate'])}/s", justify="right")
    for one in fanout["servers"]:
        at_least = "at least " if one["at_least"] else ""
        table.add_row(
            f"{one['sockets']:,}",
            one["server"],
            f"{at_least}{number(one['deliveries_per_second'])} {interval(one['ci95'])}",
            *(ratio(one["ratios"][baseline]) for baseline in BASELINES),
            number(one["reference_p99_ms"]),
        )
    console.print(table)
    for one in fanout["repeats"]:
        if not one["valid"]:
            why = "; ".join(one["invalid_because"])
            console.print(f"{one['server']}, repeat {one['repeat']}, does not count: {why}")


def _value(claim: Json, side: str) -> str:
    value = claim[side]
    if value is None:
        return ""
    if claim["metric"] in {"websocket", "http2"}:
        return "yes" if value else "no"
    return f"{number(value)} {claim['unit']}"
