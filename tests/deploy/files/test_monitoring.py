"""Tests that dashboards and alerts use only metrics that the processes expose."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY, generate_latest

from reference_app.runtime.environment import ROOT
from reference_app.runtime.metrics import Counting

MONITORING = ROOT / "deploy" / "monitoring"
DASHBOARDS = sorted(MONITORING.glob("grafana/dashboards/*.json"))


@pytest.fixture(scope="module")
def exposed_metrics() -> set[str]:
    """Return the metrics that a process exposes, by their names in Prometheus."""
    before = set(REGISTRY._collector_to_names)  # there is no public way to undo
    Counting()
    try:
        text = generate_latest(REGISTRY).decode()
    finally:
        for collector in set(REGISTRY._collector_to_names) - before:
            REGISTRY.unregister(collector)
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    histograms = {f"{name}_bucket" for name, kind in kinds.items() if kind == "histogram"}
    return set(kinds) | histograms


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\b(?:fawran|process|python)_\w+", expression))


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.name)
def test_every_panel_uses_existing_metrics(path: Path, exposed_metrics: set[str]) -> None:
    panels = json.loads(path.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels) > 5
    for panel in panels:
        assert panel["datasource"]["uid"] == "prometheus"
        for target in panel["targets"]:
            assert names_in(target["expr"])
            assert names_in(target["expr"]) <= exposed_metrics, panel["title"]


def test_every_alert_uses_existing_metrics(exposed_metrics: set[str]) -> None:
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert rules
    for rule in rules:
        assert names_in(rule["expr"]) <= exposed_metrics, rule["alert"]
        assert rule["annotations"]["summary"]


def test_the_dashboards_and_their_data_source_are_where_grafana_reads_them() -> None:
    provisioning = MONITORING / "grafana" / "provisioning"
    (source,) = yaml.safe_load((provisioning / "datasources/prometheus.yaml").read_text())[
        "datasources"
    ]
    assert source["uid"] == "prometheus"
    assert source["url"] == "http://prometheus:9090"
    (provider,) = yaml.safe_load((provisioning / "dashboards/fawran.yaml").read_text())["providers"]
    assert provider["options"]["path"] == "/etc/fawran/dashboards"
    compose = (ROOT / "deploy/compose.yaml").read_text()
    assert "./monitoring/grafana/dashboards:/etc/fawran/dashboards:ro" in compose
