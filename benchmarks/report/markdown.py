"""Tables in Markdown, for report.md and the project's documents."""

from __future__ import annotations

from benchmarks.report.facts import topic_of
from benchmarks.report.formats import NOTHING, estimated, number, ratio
from benchmarks.report.language import ENGLISH
from benchmarks.report.tables import Cell, claims_table, columns
from benchmarks.report.values import Json

VERDICT_WORDS = (
    "*Exceeded*: the whole interval also lies beyond a second, stricter value (`beyond` in "
    "claims.toml); *reproduced*: it clears the threshold; *at the limit*: it has the threshold "
    "within it, and lies so close around it that more measuring would not matter; *partly*: only "
    "some of its criteria hold, or a change "
    "goes at least half as far as claimed; *not reproduced*: it misses the threshold; "
    "*contradicted*: it goes the opposite way; *inconclusive*: the run does not settle it, because "
    "the interval is too wide or the server of the first column differs from itself; *invalid*: "
    "the instrument failed in every window."
)
"""The meaning of the verdicts in the table of claims."""

HOLM_WORDS = (
    "Each verdict about a measured quantity is decided at the level of Holm's correction for "
    "several claims, usually by an interval wider than the 95 % shown; whether a claim is exceeded "
    "is read from the one shown. So an interval may clear its threshold although the verdict is at "
    "the limit, and two ways of serving with the same value may have different verdicts."
)
"""Which interval decides a verdict."""


def claims_markdown(results: Json) -> str:
    """Return the table of claims: a row per claim; verdict, value and change in each cell."""
    shown = columns(results)
    lines = [
        f"| claim | claimed | {' | '.join(f'`{server}`' for server in shown)} |",
        f"|---|---|{'---|' * len(shown)}",
    ]
    for row in claims_table(results):
        claimed = row.claim["claimed"]["change"] or row.claim["claimed"]["new"]
        cells = " | ".join(_format_cell(cell) for cell in row.cells)
        topic = ENGLISH.render(topic_of(row.claim))
        lines.append(f"| {escape(topic)} | {escape(claimed)} | {cells} |")
    return "\n".join(lines)


def escape(text: str) -> str:
    """Return text that Markdown shows unchanged, also in the cell of a table."""
    safe = text.replace("\\", "\\\\")
    for sign in "|`*_<[":
        safe = safe.replace(sign, f"\\{sign}")
    return " ".join(safe.split())


def _format_cell(cell: Cell | None) -> str:
    if cell is None:
        return "not measured"
    verdict = f"**{cell.verdict}**<br>" if cell.verdict else ""
    change = f"<br>{ENGLISH.render(cell.change)}" if cell.change else ""
    return f"{verdict}{ENGLISH.render(cell.value)}{change}"


def fanout_markdown(results: Json) -> str:
    """Return the fan-out table: the rate that each server held in one busy room."""
    found = results["fanout"]
    reference = f"{number(found['reference_rate'])}/s"
    lines = [
        f"| server | deliveries/s held [95 %] | x `daphne` | x `ws` | p99 at {reference}, ms |",
        "|---|---|---|---|---|",
    ]
    for one in found["servers"]:
        held, shown = (
            ("none", {}) if not one["deliveries_per_second"] else (_format_rate(one), one["ratios"])
        )
        known = [ENGLISH.render(ratio(shown.get(name))) for name in ("daphne", "ws")]
        ratios = " | ".join(one or NOTHING for one in known)
        p99 = ENGLISH.render(estimated(one["reference_p99_ms"], one["reference_ci95"]))
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
            value = ENGLISH.render(estimated(one["value"], one["ci95"], one["unit"]))
            lines.append(
                f"| {results['run_id']} | {one['scenario']} | {escape(one['figure'])} "
                f"| `{one['server']}` | {one['users']:,} | {value} | {one['repeats']} |"
            )
    return "\n".join(lines)


def _format_rate(one: Json) -> str:
    """Return the rate that a server held, with its interval."""
    bound = "at least " if one["at_least"] else ""
    return bound + ENGLISH.render(estimated(one["deliveries_per_second"], one["ci95"]))
