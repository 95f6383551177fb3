"""Test what a run prints, in terminals of several widths."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.report.conclusion import conclude
from benchmarks.report.language import ENGLISH
from benchmarks.report.terminal import died, print_verdicts
from tests.benchmarks.report.results_builder import WAYS, build_results, death


def printed(width: int, **options: object) -> str:
    stream = StringIO()
    console = Console(file=stream, width=width, force_terminal=False)
    print_verdicts(build_results(**options), Path("reports/run"), console)  # type: ignore[arg-type]
    return stream.getvalue()


@pytest.mark.parametrize("width", [60, 80, 200])
def test_the_conclusion_and_every_way_fit_the_terminal(width: int) -> None:
    text = printed(width)
    *lines, paths = text.splitlines()
    assert max(map(len, lines)) <= width
    assert paths.startswith("Report: "), "paths are not wrapped: they are to be copied"
    words = " ".join(text.split())
    assert f"Conclusion: {ENGLISH.render(conclude(build_results()).sentence)}" in words
    for way in WAYS:
        assert way in text
    for verdict in ("exceeded", "partly", "contradicted"):
        assert verdict in text
    assert "reports/run/report.html" in text


def test_a_terminal_that_is_wide_enough_has_a_column_for_each_way() -> None:
    (header,) = [
        line for line in printed(200).splitlines() if "claimed" in line and "split" in line
    ]
    assert all(way in header for way in WAYS)


def test_a_run_that_judges_nothing_prints_no_table() -> None:
    text = printed(80, ways=())
    assert "judges no claim" in " ".join(text.split())
    assert "Verdicts" not in text


def test_each_death_has_one_line_that_says_that_the_run_went_on() -> None:
    found = build_results() | {"deaths": [death(), death("gunicorn", 1, arm="control")]}
    first, second = died(found)
    assert first.startswith("daphne, delivery, start 2: process 1 of 1 was ended by SIGKILL; ")
    assert second.startswith("gunicorn (control), delivery, start 1: ")
    assert died(build_results()) == []
