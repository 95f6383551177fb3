"""Write claims.csv and windows.csv: data of results.json, for programs that read tables."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.report.values import Json

CLAIMS, WINDOWS = "claims.csv", "windows.csv"
TEXT_PREFIX = "'"
"""The prefix for text that a spreadsheet would otherwise read as a formula."""

Cell = str | int | float | bool | None


def write_spreadsheets(run: Path, results: Json) -> None:
    """Write both files of a run."""
    _write(run / CLAIMS, claim_rows(results))
    _write(run / WINDOWS, window_rows(results))


def claim_rows(results: Json) -> list[dict[str, Cell]]:
    """Return a row for each claim and way of serving."""
    rows = []
    for claim in results["claims"]:
        shared = {name: claim[name] for name in ("id", "statement", "metric", "statistic", "unit")}
        for answer in claim["answers"]:
            plain = {name: value for name, value in answer.items() if name != "criteria"}
            rows.append({**shared, **flat(plain)})
    return rows


def window_rows(results: Json) -> list[dict[str, Cell]]:
    """Return a row for each window."""
    return [flat(run) for run in results["runs"]]


def flat(record: Mapping[str, object], prefix: str = "") -> dict[str, Cell]:
    """Return a nested record as one row: keys joined by dots, intervals as low and high."""
    row: dict[str, Cell] = {}
    for name, value in record.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            row |= flat(value, f"{key}.")
        elif "ci95" in name and (isinstance(value, list) or value is None):
            row[f"{key}.low"], row[f"{key}.high"] = value or (None, None)
        elif isinstance(value, list):
            row[key] = "; ".join(map(str, value))
        elif isinstance(value, str | int | float) or value is None:
            row[key] = value
    return row


def _write(path: Path, rows: Iterable[dict[str, Cell]]) -> None:
    found = list(rows)
    columns = list(dict.fromkeys(name for row in found for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _make_safe(value) for name, value in row.items()} for row in found)


def _make_safe(value: Cell) -> Cell:
    """Return a value that no spreadsheet executes: text from a run may begin like a formula."""
    is_formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@"))
    return f"{TEXT_PREFIX}{value}" if is_formula else value
