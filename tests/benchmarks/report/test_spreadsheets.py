"""Test that the CSV files have the values of results.json."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from benchmarks.report.spreadsheets import CLAIMS, WINDOWS, write_spreadsheets
from tests.benchmarks.report.results_builder import build_results, with_answer


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_written(value: Any) -> str:
    return "" if value is None else str(value)


def test_claims_have_a_row_for_each_way_with_the_values_of_the_json(tmp_path: Path) -> None:
    results = json.loads(json.dumps(build_results()))
    write_spreadsheets(tmp_path, results)
    answers = [(claim, one) for claim in results["claims"] for one in claim["answers"]]
    rows = rows_of(tmp_path / CLAIMS)
    assert len(rows) == len(answers)
    assert "change_ci95" not in rows[0]
    for row, (claim, answer) in zip(rows, answers, strict=True):
        assert (row["id"], row["unit"]) == (claim["id"], claim["unit"])
        for name in ("server", "role", "value", "change_percent", "verdict", "starts", "windows"):
            assert row[name] == as_written(answer[name])
        low, high = answer["change_ci95"] or (None, None)
        assert row["change_ci95.low"] == as_written(low)
        assert row["change_ci95.high"] == as_written(high)


def test_windows_have_a_row_each_with_the_values_of_the_json(tmp_path: Path) -> None:
    results = json.loads(json.dumps(build_results()))
    write_spreadsheets(tmp_path, results)
    rows = rows_of(tmp_path / WINDOWS)
    assert len(rows) == len(results["runs"])
    for row, run in zip(rows, results["runs"], strict=True):
        for name in ("server", "scenario", "repeat", "valid", "expected", "lost"):
            assert row[name] == as_written(run[name])
        assert row["latency_ms.p99"] == as_written(run["latency_ms"]["p99"])
        assert row["pss_mib.total"] == as_written(run["pss_mib"]["total"])
        assert row["invalid_because"] == "; ".join(run["invalid_because"])


def test_a_spreadsheet_reads_no_text_as_a_formula(tmp_path: Path) -> None:
    results = with_answer(
        build_results(), "memory", "daphne", why='=HYPERLINK("https://a.example")'
    )
    write_spreadsheets(tmp_path, results)
    assert not any(row["why"].startswith("=") for row in rows_of(tmp_path / CLAIMS))
