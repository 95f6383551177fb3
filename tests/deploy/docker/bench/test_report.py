"""What the benchmark says that ran in a container, against the deployment beside it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from benchmarks.report.results import schema
from benchmarks.report.values import Json
from benchmarks.scenarios.registry import scenarios

LATEST = Path(os.environ.get("FAWRAN_REPORTS", "")) / "latest"
PROBES = {"http2", "websocket"}
"""They find out whether something is offered, and measure nothing."""


@pytest.fixture(scope="module")
def found() -> Json:
    results: Json = json.loads((LATEST / "results.json").read_text())
    return results


def test_it_is_a_complete_report_of_the_deployment(found: Json) -> None:
    jsonschema.validate(found, schema())
    assert found["complete"]
    assert found["environment"]["target"] == "https://proxy:8443"
    assert (LATEST / "report.html").stat().st_size > 10_000


def test_every_scenario_was_run_that_needs_no_server_of_our_own(found: Json) -> None:
    measured = {one["scenario"] for one in found["runs"]}
    expected = {
        one.name
        for one in scenarios().values()
        if not (one.of_ours or one.calibration) and one.when in {"always", "full"}
    }
    assert measured == expected - PROBES | {"typing"}, "typing is measured with delivery"
    assert {one["server"] for one in found["runs"]} == {"target"}


def test_nothing_was_lost_on_the_way(found: Json) -> None:
    (run,) = [one for one in found["runs"] if one["scenario"] == "delivery"]
    assert run["transport"] == "websocket"
    assert run["sent"] > 0
    assert (run["lost"], run["duplicated"], run["reordered"]) == (0, 0, 0)
    assert run["received"] == run["expected"]
