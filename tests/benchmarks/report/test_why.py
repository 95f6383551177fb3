"""Test that a page explains each verdict in the same words as results.json."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import benchmarks.report.why as why_module
from benchmarks.measure.claims import judge
from benchmarks.measure.claims_file import load_claims
from benchmarks.measure.evidence import evidence_of
from benchmarks.measure.metrics import Evidence
from benchmarks.measure.runs import GeneratorHealth
from benchmarks.recording import Manifest, Recording
from benchmarks.report.language import ENGLISH, Listing, arabic
from benchmarks.report.results import results
from benchmarks.report.why import CLAIMED, criterion_label, decided_at, why
from reference_app.runtime.environment import ROOT
from tests.benchmarks.measure.test_claims import (
    evidence,
    less_memory,
    less_memory_in_starts_that_differ,
    with_control,
)
from tests.benchmarks.report.results_builder import CLAIMS, build_results
from tests.benchmarks.report.test_reasons import foreign_of, templates_of
from tests.benchmarks.report.test_translations import phrases_of

SAMPLE = ROOT / "reports" / "sample"
FIGURE = re.compile(r"-?\d+(?:,\d{3})*(?:\.\d+)?(?:e-?\d+)?|∞")


def probes(old: tuple[bool, ...], new: tuple[bool, ...]) -> pd.DataFrame:
    rows = [
        {"capability": capability, "server": server, "offered": offered}
        for capability in ("websocket", "http2")
        for server, answers in (("gunicorn", old), ("daphne", new))
        for offered in answers
    ]
    return pd.DataFrame(rows)


def half_lost(seen: Evidence) -> Evidence:
    """Return evidence in which half of the candidate's deliveries never arrived."""
    runs = []
    for run in seen.runs:
        assert run.deliveries is not None
        latencies = run.deliveries.latencies_ms.astype(float)
        latencies[::2] = float("inf")
        lost = replace(run.deliveries, latencies_ms=latencies, lost=len(latencies) // 2)
        runs.append(replace(run, deliveries=lost) if run.server == "daphne" else run)
    return Evidence(runs, seen.probes)


def invalid(seen: Evidence) -> Evidence:
    """Return evidence in which the instrument failed in every window."""
    runs = [replace(run, health=GeneratorHealth(95, 80, 2)) for run in seen.runs]
    return Evidence(runs, seen.probes)


def no_windows(old: tuple[bool, ...] = (), new: tuple[bool, ...] = ()) -> Evidence:
    return Evidence([], probes(old, new))


MADE: dict[str, Callable[[], Evidence]] = {
    "late": lambda: evidence(4000, 50, late=0.009),
    "never": lambda: half_lost(evidence(4000, 50)),
    "few starts": lambda: evidence(4000, 50, starts=2),
    "invalid": lambda: invalid(evidence(4000, 50)),
    "nothing": lambda: no_windows((False,), (True,)),
    "family": lambda: less_memory_in_starts_that_differ(0.2, 1.35),
    "one before": lambda: less_memory_in_starts_that_differ(0.59, 1.0153),
    "control": lambda: with_control(less_memory(0.4), 1.5),
    "offered by both": lambda: no_windows((True,), (True,)),
    "offered by none": lambda: no_windows((False,), (False,)),
    "disagree": lambda: no_windows((False,), (True, False)),
}
"""Functions that make the evidence of each case, except for the published run."""

CASES = ("published", *MADE)


@cache
def answers(case: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each claim of a case, with each of its answers."""
    manifest = Manifest.read(SAMPLE)
    if case == "published":
        seen = evidence_of(Recording.read(SAMPLE), manifest.recorded_without)
    else:
        seen = MADE[case]()
    found = json.loads(json.dumps(results(manifest, seen, judge(load_claims(), seen))))
    return [(claim, answer) for claim in found["claims"] for answer in claim["answers"]]


def judged(case: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield each claim of a case, with each of its answers that has a verdict."""
    yield from ((claim, answer) for claim, answer in answers(case) if answer["verdict"])


def figures(text: str) -> list[float]:
    found = FIGURE.findall(text)
    return [float(one.replace(",", "").replace("∞", "inf")) for one in found]


@pytest.mark.parametrize("case", CASES)
def test_the_page_and_the_results_say_the_same(case: str) -> None:
    for claim, answer in judged(case):
        page = ENGLISH.render(why(claim, answer))
        written = answer["why"].replace("without end", "∞")
        assert FIGURE.sub("#", page) == FIGURE.sub("#", written)
        # The page rounds to three digits, the results round the control to one decimal.
        within = 0.05 if answer["downgraded"] else 0.001
        assert figures(page) == pytest.approx(figures(written), rel=0.01, abs=within)


@pytest.mark.parametrize("case", CASES)
def test_every_reason_of_a_verdict_is_in_arabic(case: str) -> None:
    for claim, answer in judged(case):
        assert foreign_of(why(claim, answer)) == []
        text = arabic().render(why(claim, answer), wrap=lambda _value: "")
        assert re.search("[\u0600-\u06ff]", text)
        assert not re.search("[a-z]", text)


def left_open(of: str, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a claim and its answer, whose only criterion is open at a level above 95 %."""
    results = build_results({"throughput": "inconclusive"})
    claim = next(one for one in results["claims"] if one["id"] == "throughput")
    answer = next(one for one in claim["answers"] if one["role"] == "candidate")
    (criterion,) = answer["criteria"]
    criterion |= {"of": of, "at_most": None, "at_least": None, kind: 40.0, "outcome": "open"}
    criterion["needed"] = {"percent": 98.4, "interval": [30.0, 50.0]}
    return claim, answer


@pytest.mark.parametrize("kind", ["at_most", "at_least"])
def test_an_open_criterion_has_the_interval_that_left_it_open(kind: str) -> None:
    text = ENGLISH.render(why(*left_open("candidate", kind)))
    assert "[30, 50] at 98.4 %, claimed" in text


def test_a_level_that_is_stricter_than_95_percent_is_named_with_its_rank() -> None:
    _claim, answer = left_open("candidate", "at_least")
    assert answer["holm"] == {"rank": 1, "of": len(CLAIMS), "level": 0.01}
    sentence = decided_at(answer)
    assert sentence
    text = ENGLISH.render(sentence)
    assert "at 99 %, which is wider than the one at 95 % shown here" in text
    assert "this is number 1 of 6 claims (Holm; p = 0.001)." in text
    assert "هنا عند 95\u00a0٪، لأن هذا الادعاء رقم 1 من 6" in arabic().render(sentence)
    assert decided_at(answer | {"holm": None}) is None
    assert decided_at(answer | {"holm": {"rank": 6, "of": 6, "level": 0.05}}) is None


def test_the_cases_use_every_sentence() -> None:
    used = {
        template
        for case in CASES
        for claim, answer in judged(case)
        for template in templates_of(why(claim, answer))
    }
    for kind in ("at_most", "at_least"):
        claim, answer = left_open("candidate", kind)
        used |= set(templates_of(Listing((why(claim, answer), decided_at(answer) or ""))))
    used |= set(templates_of(criterion_label({"of": "candidate", "later_than": 100.0})))
    assert ({*phrases_of(Path(why_module.__file__)), *CLAIMED.values()}) - used == set()


def test_a_baseline_that_was_not_measured_says_so() -> None:
    claim, answer = next(one for one in answers("nothing") if one[1]["role"] == "baseline")
    assert ENGLISH.render(why(claim, answer)) == answer["why"]


def test_only_an_open_criterion_has_the_interval_that_left_it_open() -> None:
    criteria = [
        one for case in CASES for _claim, answer in answers(case) for one in answer["criteria"]
    ]
    assert {one["outcome"] for one in criteria} > {"open", "met"}
    for one in criteria:
        assert ("needed" in one) == (one["outcome"] == "open")
        if "needed" in one:
            assert 95 <= one["needed"]["percent"] < 100
