"""Tests of the files in deploy/; no Docker engine is needed."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from reference_app.config.shared_probe import ANSWER_SECONDS
from reference_app.runtime.environment import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
each_service = pytest.mark.parametrize("name", SERVICES)


def test_only_options_that_old_and_new_compose_accept_are_used() -> None:
    assert "name" not in COMPOSE
    assert "version" not in COMPOSE
    for service in SERVICES.values():
        assert "start_interval" not in service.get("healthcheck", {})


@each_service
def test_every_image_can_be_replaced(name: str) -> None:
    assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[\w./:-]+\}", SERVICES[name]["image"])


@each_service
def test_every_container_is_confined_and_has_limits(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit", "logging"} <= service.keys()


@each_service
def test_only_known_containers_are_published_or_reach_out(name: str) -> None:
    service = SERVICES[name]
    outside = {"proxy", "legacy-proxy", "grafana", "acme", "locust"}
    assert ("edge" in service["networks"]) == (name in outside)
    if name not in outside:
        assert "ports" not in service
    assert COMPOSE["networks"]["internal"] == {"internal": True}


@each_service
def test_no_secret_is_in_an_environment(name: str) -> None:
    for variable, value in SERVICES[name].get("environment", {}).items():
        if re.search("PASSWORD|SECRET|_URL", variable):
            assert variable.endswith("_FILE"), variable
            assert value.startswith("/run/secrets/"), variable


def test_every_secret_is_generated_by_the_first_start_and_ignored_by_git() -> None:
    script = (ROOT / "scripts/deployment").read_text()
    made = re.search(r"^secret_names=\((.*)\)$", script, re.MULTILINE)
    assert made
    # The operator names the benchmark's users.
    assert set(made[1].split()) == set(COMPOSE["secrets"]) - {"bench-credentials"}
    assert "/deploy/secrets*/" in (ROOT / ".gitignore").read_text().splitlines()
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_a_process_is_still_accepting_when_the_proxy_takes_it_out() -> None:
    """The proxy checks every second, and a check may take 2 s where a process hangs."""
    command = " ".join(SERVICES["daphne"]["command"])
    notice = re.search(r"--drain-notice=(\d+)", command)
    assert notice
    assert int(notice[1]) > 2
    assert ANSWER_SECONDS <= 1
    assert SERVICES["daphne"]["stop_grace_period"] == "60s"
