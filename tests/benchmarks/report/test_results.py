"""Test that the results that other tests build match the schema of results.json."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import numpy as np
import pytest

from benchmarks.measure.statistics import STATISTICS, Estimate, estimate
from benchmarks.report.formats import estimated, p_value
from benchmarks.report.language import Phrase
from benchmarks.report.results import schema
from benchmarks.report.values import interval
from reference_app.runtime.environment import ROOT
from tests.benchmarks.report.results_builder import VERDICTS, build_results, death


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ways": ()},
        {"complete": False},
        {"target": "https://chat.example"},
        {"verdicts": dict.fromkeys(("memory", "cpu"), VERDICTS[-1])},
    ],
    ids=lambda options: ",".join(options) or "usual",
)
def test_built_results_match_the_published_schema(options: dict[str, Any]) -> None:
    jsonschema.validate(build_results(**options), schema())


def test_the_record_of_a_death_matches_the_published_schema() -> None:
    jsonschema.validate(build_results() | {"deaths": [death()]}, schema())
    with pytest.raises(jsonschema.ValidationError, match="reason"):
        jsonschema.validate(build_results() | {"deaths": [death(reason="unknown")]}, schema())


def test_a_p_value_that_is_too_small_to_be_known_is_only_bounded() -> None:
    assert p_value(1e-9) == "p < 1e-09"
    assert p_value(2e-9) == "p = 2e-09"
    published = json.loads((ROOT / "reports/sample/results.json").read_text(encoding="utf-8"))
    answers = [answer for claim in published["claims"] for answer in claim["answers"]]
    known = [one["p_value"] for one in answers if one["p_value"] is not None]
    known += [one["p_value"] for answer in answers for one in answer["criteria"]]
    assert min(known) == 1e-9


def test_a_single_repeat_has_no_interval() -> None:
    alone = interval(estimate([np.ones(1)], STATISTICS["p50"]))
    assert alone is None
    assert interval(estimate([np.ones(1)] * 2, STATISTICS["p50"])) == [1, 1]
    assert interval(Estimate(np.inf, np.nan, np.nan)) == [None, None]
    assert estimated(1.0, alone, "s") == "1 s"
    assert estimated(1.0, [1, 1], "s") == "1 s [1, 1]"
    assert estimated(None, [None, None], "ms") == Phrase("never")
