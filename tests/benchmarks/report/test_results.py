"""Test that the results that other tests build match the schema of results.json."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from benchmarks.report.results import schema
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
