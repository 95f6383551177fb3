"""Tests that load generators measure the deployment, and that the report is fetched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import jsonschema

from benchmarks.report.results import schema
from reference_app.runtime.environment import ROOT
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playbooks import Operator


def reports() -> set[Path]:
    return set((ROOT / "reports").glob("*/results.json"))


def test_the_benchmark_runs_on_a_load_generator_and_its_report_is_fetched(
    operator: Operator, fleet: Fleet
) -> None:
    before = reports()
    settings = {
        "loadgen_profile": "smoke",
        "loadgen_users": 20,
        "loadgen_scenarios": ["delivery", "http2"],
    }
    operator.run_ok("bench", settings=settings)
    (made,) = reports() - before
    found = json.loads(made.read_text())
    jsonschema.validate(found, schema())
    assert found["environment"]["target"] == fleet.url
    (run,) = [one for one in found["runs"] if one["scenario"] == "delivery"]
    assert run["sent"] > 0
    assert (run["lost"], run["duplicated"], run["reordered"]) == (0, 0, 0)
    shutil.rmtree(made.parent)
