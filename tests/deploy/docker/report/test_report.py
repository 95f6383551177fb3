"""What the benchmark says that ran in a container, against the deployment beside it."""

from __future__ import annotations

import json

import jsonschema
import pytest

from benchmarks.report.results import schema
from benchmarks.report.values import Json
from reference_app.config.environment import ROOT


@pytest.fixture(scope="module")
def found() -> Json:
    results: Json = json.loads((ROOT / "reports/latest/results.json").read_text())
    return results


def test_it_is_a_complete_report_of_the_deployment(found: Json) -> None:
    jsonschema.validate(found, schema())
    assert found["complete"]
    assert found["environment"]["target"] == "https://proxy:8443"
    assert (ROOT / "reports/latest/report.html").stat().st_size > 10_000


def test_nothing_was_lost_on_the_way(found: Json) -> None:
    (run,) = [one for one in found["runs"] if one["scenario"] == "delivery"]
    assert run["server"] == "target"
    assert run["transport"] == "websocket"
    assert run["sent"] > 0
    assert (run["lost"], run["duplicated"], run["reordered"]) == (0, 0, 0)
    assert run["received"] == run["expected"]
