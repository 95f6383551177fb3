"""Tests of the report of a benchmark that ran in a container, against the deployment."""

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
"""Scenarios that find out whether a feature is offered. They measure nothing."""


@pytest.fixture(scope="module")
def results() -> Json:
    loaded: Json = json.loads((LATEST / "results.json").read_text())
    return loaded


def test_the_report_of_the_deployment_is_complete(results: Json) -> None:
    jsonschema.validate(results, schema())
    assert results["complete"]
    assert results["environment"]["target"] == "https://proxy:8443"
    assert (LATEST / "report.html").stat().st_size > 10_000


def test_every_scenario_that_needs_no_server_of_our_own_was_run(results: Json) -> None:
    measured = {one["scenario"] for one in results["runs"]}
    expected = {
        one.name
        for one in scenarios().values()
        if not (one.of_ours or one.calibration) and one.when in {"always", "full"}
    }
    assert measured == expected - PROBES | {"typing"}, "typing is measured with delivery"
    assert {one["server"] for one in results["runs"]} == {"target"}


def test_no_message_was_lost(results: Json) -> None:
    (run,) = [one for one in results["runs"] if one["scenario"] == "delivery"]
    assert run["transport"] == "websocket"
    assert run["sent"] > 0
    assert (run["lost"], run["duplicated"], run["reordered"]) == (0, 0, 0)
    assert run["received"] == run["expected"]
