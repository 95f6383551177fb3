"""Test that the report knows every reason that the measurement writes, and its translation."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import benchmarks
from benchmarks.measure.figures import FIGURES
from benchmarks.measure.metrics import NOTHING
from benchmarks.measure.validity import THRESHOLDS
from benchmarks.report.language import ENGLISH, Data, Listing, Part, Phrase, arabic
from benchmarks.report.reasons import LABELS, LIMITS, REASONS, worded, worded_all
from benchmarks.scenarios.registry import scenarios
from tests.benchmarks.report.reason_texts import MAKERS, Maker, every_reason, skeletons_of

OF_NODE = {template for template in REASONS if re.search("Node|npm", template)}


def templates_of(part: Part) -> Iterator[str]:
    if isinstance(part, Phrase):
        yield part.template
        for value in part.values.values():
            yield from templates_of(value)
    if isinstance(part, Listing):
        for value in part.parts:
            yield from templates_of(value)


def foreign_of(part: Part) -> list[str]:
    """Return the texts of a part that the Arabic page shows in English."""
    found: list[str] = []
    arabic().render(part, foreign=lambda text: found.append(text) or text)
    return found


def in_arabic(text: str) -> str:
    """Return the Arabic translation of a text, without its values."""
    return arabic().render(worded(text), wrap=lambda _value: "")


def skeleton(template: str) -> str:
    return re.sub(r"\{\w+\}", "{}", template)


@pytest.mark.parametrize("text", sorted(set(every_reason())))
def test_a_reason_is_unchanged_in_english_and_wholly_translated_into_arabic(text: str) -> None:
    assert ENGLISH.render(worded(text)) == text
    assert foreign_of(worded(text)) == []
    assert re.search("[\u0600-\u06ff]", in_arabic(text))
    assert not re.search("[a-z]", in_arabic(text))


def test_the_functions_of_the_measurement_write_every_reason_except_those_of_node() -> None:
    written = {template for text in every_reason() for template in templates_of(worded(text))}
    assert set(REASONS) - written == OF_NODE


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__qualname__)
def test_every_reason_in_the_code_of_a_function_is_known(maker: Maker) -> None:
    known = {skeleton(template) for template in REASONS}
    assert skeletons_of(maker) - known == set()


def test_every_known_reason_is_still_written_by_the_code() -> None:
    written = {text for maker in MAKERS for text in skeletons_of(maker)} | {NOTHING}
    assert {skeleton(template) for template in REASONS} - written == set()


def test_every_threshold_of_the_instrument_is_in_arabic() -> None:
    used = set()
    for one in THRESHOLDS:
        assert isinstance(worded(one.limit), Phrase)
        used |= set(templates_of(worded(one.limit)))
        assert ENGLISH.render(worded(one.limit)) == one.limit
        assert foreign_of(Data(one.of)) == foreign_of(Data(one.why)) == []
    assert used == set(LIMITS)


def test_every_figure_scenario_and_activity_is_in_arabic() -> None:
    names = {figure.name for figure in FIGURES} | set(scenarios()) | activities()
    assert len(names) > 20
    assert {name for name in names if arabic().known(name) is None} == set()


def activities() -> set[str]:
    """Return the names of the activities whose time the benchmark's code measures."""
    found = set()
    for path in Path(benchmarks.__path__[0]).rglob("*.py"):
        for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_span = isinstance(one, ast.Call) and getattr(one.func, "attr", "") == "span"
            if is_span and one.args and isinstance(one.args[0], ast.Constant):
                found.add(str(one.args[0].value))
    assert found
    return found


def test_a_text_that_no_template_matches_is_shown_unchanged() -> None:
    for text in ("something else", "", "at 5 users", "daphne"):
        assert worded(text) == Data(text)
    assert foreign_of(worded("start 2: something else; a thing")) == ["something else; a thing"]
    assert foreign_of(worded_all(["no request was made", "a thing"])) == ["a thing"]


def test_reasons_within_a_reason_are_recognised_separately() -> None:
    found = worded("start 2: generator paused for 101 ms; no request was made")
    assert isinstance(found, Phrase)
    assert list(templates_of(found)) == [
        "start {start}: {reasons}",
        "generator paused for {ms} ms",
        "no request was made",
    ]


@pytest.mark.parametrize("template", LABELS)
def test_labels_within_pictures_are_in_arabic(template: str) -> None:
    text = template.replace("{server}", "daphne-tuned").replace("{count}", "5,000")
    assert list(templates_of(worded(text))) == [template]
