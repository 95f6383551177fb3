"""Test that every text of the report has an Arabic translation, and none is unused."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import benchmarks.report
from benchmarks.measure.claims_file import CLAIMS
from benchmarks.report import facts
from benchmarks.report.answers import VERDICTS
from benchmarks.report.captions import CAPTIONS
from benchmarks.report.conclusion import PRICES
from benchmarks.report.formats import WORDS
from benchmarks.report.language import ENGLISH, Phrase, arabic
from benchmarks.report.reasons import LABELS, LIMITS, REASONS
from benchmarks.report.recommendation import DECISIONS, SERVERS
from benchmarks.report.sections import HEALTH, PHASES
from benchmarks.report.why import CLAIMED

FOLDER = Path(benchmarks.report.__file__).parent
PAGES = sorted(FOLDER.glob("templates/*.html.jinja"))
OUTCOMES = ("exceeded", "met", "open", "falls short", "missed", "opposite", "at the limit")
CRITERIA = ("change", "candidate", "baseline", "offered")


TABLES_OF_FACTS: tuple[Mapping[Any, str], ...] = (
    *(facts.TOPICS, facts.MEASURES, facts.FACTS, facts.CHANGES, facts.BOUNDS_OF_CHANGE),
    *(facts.OF_CANDIDATE, facts.OF_BASELINE, facts.OF_BASELINE_ALONE),
)


def texts_of_templates() -> set[str]:
    found = [re.findall(r"\bt\(\"([^\"]+)\"\)", page.read_text(encoding="utf-8")) for page in PAGES]
    return {text for texts in found for text in texts}


def texts_of_code() -> set[str]:
    """Return every string in the code of the report; adjacent literals are one string."""
    found = set()
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def phrases_of_code() -> set[str]:
    """Return the templates that the report's code passes as literals to ``Phrase``."""
    return {text for path in FOLDER.rglob("*.py") for text in phrases_of(path)}


def phrases_of(path: Path) -> set[str]:
    """Return the templates that a module passes as literals to ``Phrase``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        is_phrase = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Phrase"
        if is_phrase and node.args and isinstance(node.args[0], ast.Constant):
            found.add(str(node.args[0].value))
    return found


def texts() -> dict[str, str]:
    return dict(arabic().texts)


def test_every_text_of_the_pages_is_translated() -> None:
    needed = texts_of_templates() | phrases_of_code() | {*VERDICTS, *OUTCOMES, *CRITERIA}
    needed |= {*WORDS.values(), *DECISIONS.values(), *SERVERS.values()}
    needed |= {*HEALTH.values(), *PHASES.values()}
    needed |= {text for table in TABLES_OF_FACTS for text in table.values()}
    needed |= {*CLAIMED.values(), *REASONS, *LIMITS, *LABELS}
    needed |= {text for prices in PRICES.values() for text in prices}
    needed |= {text for one in CAPTIONS.values() for text in (one.title, one.text)}
    assert len(texts_of_templates()) > 60
    assert needed - texts().keys() == set()


def test_no_translation_is_unused() -> None:
    used = texts_of_templates() | texts_of_code() | {*OUTCOMES, *CRITERIA}
    assert texts().keys() - used == set()


@pytest.mark.parametrize("catalogue", [arabic().texts, arabic().data], ids=["texts", "data"])
def test_translations_are_arabic_and_keep_every_value(catalogue: dict[str, str]) -> None:
    for english, translated in catalogue.items():
        assert _fields(translated) == _fields(english), english
        # A separator between values or sentences may be the same in both languages.
        is_word = re.search("[A-Za-z]", re.sub(r"\{\w+\}", "", english))
        assert not is_word or re.search(r"[\u0600-\u06ff]", translated), english


def _fields(text: str) -> list[str]:
    # A field with a format specification is the form of a noun, not the value itself.
    fields = Formatter().parse(text)
    return sorted(name for _text, name, spec, _conversion in fields if name and not spec)


@pytest.mark.parametrize(
    ("count", "noun"),
    [
        *(("1", "مستخدم"), ("3", "مستخدمين"), ("10", "مستخدمين"), ("11", "مستخدمًا")),
        *(("99", "مستخدمًا"), ("100", "مستخدم"), ("1,801", "مستخدم"), ("969", "مستخدمًا")),
        *(("1.5", "مستخدم"), ("–", "مستخدم")),
    ],
)
def test_a_counted_noun_has_the_form_that_its_number_requires(count: str, noun: str) -> None:
    text = arabic().render(Phrase("{value} users", {"value": count}), wrap=lambda one: f"<{one}>")
    assert text == f"<{count}> {noun}"


def test_a_percent_sign_is_the_one_of_the_language() -> None:
    claimed = Phrase("at least {percent} less", {"percent": "30 %"})
    assert arabic().render(claimed, wrap=lambda one: f"<{one}>") == "نقص <30>\u00a0٪ على الأقل"
    shown = arabic().render("-3 % [-5, ∞]", wrap=lambda one: f"<{one}>")
    assert shown == "<-3>\u00a0٪ <[-5, ∞]>"
    assert ENGLISH.render(claimed) == "at least 30 % less"


def test_every_statement_and_note_of_the_published_claims_is_translated() -> None:
    claims = tomllib.loads(CLAIMS.read_text(encoding="utf-8"))["claim"]
    needed = {text for claim in claims for text in (claim["statement"], claim["note"])}
    # A text that is only a figure needs no translation.
    needed |= {
        one for claim in claims if re.search("[a-z]", one := claim["change"] or claim["new"])
    }
    assert {one for one in needed if arabic().known(one) is None} == set()
