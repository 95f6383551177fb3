"""Tables in Markdown, for report.md and the project's documents."""

from __future__ import annotations

from benchmarks.report.facts import topic_of
from benchmarks.report.formats import NOTHING, interval, number, ratio
from benchmarks.report.language import ENGLISH
from benchmarks.report.tables import Cell, claims_table, columns
from benchmarks.report.values import Json

VERDICT_WORDS = (
    "*Exceeded*: the whole interval lies beyond the range that is claimed; *reproduced*: it clears "
    "the threshold; *at the limit*: it has the threshold within it, and lies so close around it "
    "that more measuring would not matter; *partly*: only some of its criteria hold, or a change "
    "goes at least half as far as claimed; *not reproduced*: it misses the threshold; "
    "*contradicted*: it goes the opposite way; *inconclusive*: the run does not settle it, because "
    "the interval is too wide or the server of the first column differs from itself."
)
"""What the words of the table mean."""


def claims_markdown(results: Json) -> str:
    """Return the table, one line for each claim; each cell has a verdict, a value, a change."""
    shown = columns(results)
    lines = [
        f"| claim | claimed | {' | '.join(f'`{server}`' for server in shown)} |",
        f"|---|---|{'---|' * len(shown)}",
    ]
    for row in claims_table(results):
        claimed = row.claim["claimed"]["change"] or row.claim["claimed"]["new"]
        cells = " | ".join(_cell(cell) for cell in row.cells)
        topic = ENGLISH.render(topic_of(row.claim))
        lines.append(f"| {escape(topic)} | {escape(claimed)} | {cells} |")
    return "\n".join(lines)


def escape(text: str) -> str:
    """Return text that Markdown shows as it is, in a cell of a table too."""
    safe = text.replace("\\", "\\\\")
    for sign in "|`*_<[":
        safe = safe.replace(sign, f"\\{sign}")
    return " ".join(safe.split())


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "not measured"
    verdict = f"**{cell.verdict}**<br>" if cell.verdict else ""
    change = f"<br>{cell.change.partition(' [')[0]}" if cell.change else ""
    return f"{verdict}{ENGLISH.render(cell.value)}{change}"


def fanout_markdown(results: Json) -> str:
    """Return the table of what each server held in one loud room."""
    found = results["fanout"]
    reference = f"{number(found['reference_rate'])}/s"
    lines = [
        f"| server | deliveries/s held [95 %] | x `daphne` | x `ws` | p99 at {reference}, ms |",
        "|---|---|---|---|---|",
    ]
    for one in found["servers"]:
        held, shown = (
            ("none", {}) if not one["deliveries_per_second"] else (_held(one), one["ratios"])
        )
        known = [ENGLISH.render(ratio(shown.get(name))) for name in ("daphne", "ws")]
        ratios = " | ".join(one or NOTHING for one in known)
        p99 = _with_interval(one["reference_p99_ms"], one["reference_ci95"])
        lines.append(f"| `{one['server']}` | {held} | {ratios} | {p99} |")
    return "\n".join(lines)


def figures_markdown(runs: list[Json]) -> str:
    """Return the table of the figures that no claim is about, run by run."""
    lines = [
        "| run | scenario | figure | server | sockets | value [95 %] | repeats |",
        "|---|---|---|---|---|---|---|",
    ]
    for results in runs:
        for one in results["figures"]:
            value = _with_interval(one["value"], one["ci95"], f" {one['unit']}")
            lines.append(
                f"| {results['run_id']} | {one['scenario']} | {escape(one['figure'])} "
                f"| `{one['server']}` | {one['users']:,} | {value} | {one['repeats']} |"
            )
    return "\n".join(lines)


def _held(one: Json) -> str:
    bound = "at least " if one["at_least"] else ""
    return bound + _with_interval(one["deliveries_per_second"], one["ci95"])


def _with_interval(value: float | None, bounds: list[float | None] | None, unit: str = "") -> str:
    if value is None:
        return NOTHING if bounds is None else "never"
    return f"{number(value)}{unit} {interval(bounds)}"
