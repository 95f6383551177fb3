"""Tests of the Compose profiles `legacy` (Gunicorn) and `monitoring` (Prometheus, Grafana)."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from benchmarks.probe.page import unverified
from reference_app import protocol
from reference_app.runtime.environment import ROOT
from tests.deploy.docker.stack import TIMEOUT_SECONDS, Stack
from tests.deploy.target import Account, Target

MONITORING = ROOT / "deploy" / "monitoring"
FETCH = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1], timeout=5).read().decode())"
EMPTY_WHEN_HEALTHY = {"Slow sockets a second"}
"""Panels without data as long as nothing is wrong."""


@pytest.fixture(scope="module", autouse=True)
def optional_profiles(stack: Stack) -> Iterator[None]:
    """Start both profiles as docs/deployment.md says; remove them at the end."""
    before = stack.containers("daphne")
    stack.run_ok("start", COMPOSE_PROFILES="legacy,monitoring")
    stack.wait_until_healthy("legacy", "legacy-proxy")
    assert stack.containers("daphne") == before, "the other containers keep running"
    yield
    for service in ("legacy", "legacy-proxy", "prometheus", "grafana"):
        stack.docker("rm", "--force", "--volumes", *stack.containers(service))


@pytest.fixture
def legacy(target: Target) -> Target:
    port = os.environ["FAWRAN_LEGACY_PORT"]
    return replace(target, site=replace(target.site, url=f"https://{target.host}:{port}"))


async def test_the_page_of_gunicorn_polls(legacy: Target, accounts: list[Account]) -> None:
    person = legacy.person(accounts[0])
    assert await person.transport() == "polling"
    answer = await person.http.get("/ws/chat/")
    await person.http.aclose()
    assert answer.status_code == httpx.codes.NOT_FOUND


def test_check_chat_passes_on_gunicorn(legacy: Target, tmp_path: Path) -> None:
    users = tmp_path / "users.txt"
    users.write_text("".join(f"{name} {password}\n" for name, password in legacy.users))
    command = [sys.executable, "-m", "reference_app.serving.check", legacy.site.url, "--insecure"]
    command += ["--expect=tls", "--expect=http2", "--users", str(users)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_polling_and_websocket_users_share_one_chat(
    target: Target, legacy: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Both servers")
    poller = legacy.person(accounts[0])
    async with target.page(accounts[1], room) as page, poller.http as http:
        cursor = (await http.get("/api/sync")).json()["cursor"]
        message = protocol.NewMessage(client_id=uuid4(), text="from Gunicorn")
        answer = await poller.post(f"/conversations/{room}/messages", message)
        assert answer.is_success, answer.text
        assert (await page.next_of("message"))["text"] == "from Gunicorn"
        await page.say("from Daphne", str(uuid4()))
        await page.next_of("ack")
        changes = (await http.get(f"/api/sync?cursor={cursor}")).json()
    assert "from Daphne" in [event.get("text") for event in changes["events"]]


def query_prometheus(stack: Stack, path: str, **query: str) -> Any:
    """Return the answer of Prometheus to a query from inside the network."""
    url = f"http://prometheus:9090/api/v1/{path}?{urlencode(query)}"
    answer = json.loads(stack.inside(stack.containers("daphne")[0], "python", "-c", FETCH, url))
    assert answer["status"] == "success"
    return answer["data"]


def wait_until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(1)


def test_prometheus_scrapes_every_process(stack: Stack) -> None:
    addresses = {line.split()[0] for line in stack.run_ok("sockets").splitlines()}
    assert len(addresses) == 2

    def up() -> bool:
        found = query_prometheus(stack, "query", query='up{job="daphne"} == 1')["result"]
        return {one["metric"]["instance"].split(":")[0] for one in found} == addresses

    wait_until(up)


def test_the_alert_rules_are_loaded_and_evaluated(stack: Stack) -> None:
    def evaluated() -> list[dict[str, Any]]:
        groups = query_prometheus(stack, "rules")["groups"]
        rules = [rule for group in groups for rule in group["rules"]]
        return [] if any(rule["health"] == "unknown" for rule in rules) else rules

    wait_until(evaluated)
    rules = evaluated()
    assert len(rules) == (MONITORING / "alerts.yml").read_text().count("- alert:")
    assert {rule["health"] for rule in rules} == {"ok"}
    assert [rule["name"] for rule in rules if rule["state"] == "firing"] == []


async def test_every_panel_has_data_after_a_chat(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "To be shown")
    (path,) = MONITORING.glob("grafana/dashboards/*.json")
    panels = {panel["title"]: panel for panel in json.loads(path.read_text())["panels"]}
    empty = set(panels)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not empty <= EMPTY_WHEN_HEALTHY:
        assert time.monotonic() < deadline, empty
        async with (
            target.page(accounts[0], room) as page,
            target.page(accounts[1], room) as other,
        ):
            await other.write(type="sync", cursor="")
            await page.say("to be counted", str(uuid4()))
            await other.next_of("message")
        for title in list(empty):
            (query,) = panels[title]["targets"]
            if query_prometheus(stack, "query", query=query["expr"])["result"]:
                empty.discard(title)


def test_grafana_finds_its_dashboard_data_source_and_password(stack: Stack) -> None:
    """Without Grafana's own image, which is not available everywhere."""
    (grafana,) = stack.containers("grafana")
    folder = "/etc/grafana/provisioning"
    for container_path, source in (
        (f"{folder}/datasources/prometheus.yaml", "provisioning/datasources/prometheus.yaml"),
        (f"{folder}/dashboards/fawran.yaml", "provisioning/dashboards/fawran.yaml"),
        ("/etc/fawran/dashboards/fawran.json", "dashboards/fawran.json"),
    ):
        file = MONITORING / "grafana" / source
        assert stack.inside(grafana, "cat", container_path) == file.read_text().strip()
    environment = dict(one.split("=", 1) for one in stack.inspect(grafana)["Config"]["Env"])
    password = stack.inside(grafana, "cat", environment["GF_SECURITY_ADMIN_PASSWORD__FILE"])
    assert password == (stack.folder / "secrets" / "grafana-password").read_text().strip()
    stack.inside(grafana, "sh", "-c", "echo > /var/lib/grafana/is-writable")


def test_an_update_replaces_gunicorn_too(stack: Stack) -> None:
    (before,) = stack.containers("legacy")
    stack.run_ok("update", FAWRAN_WORKERS="2")
    (after,) = stack.containers("legacy")
    assert after != before
    stack.wait_until_healthy("legacy", "legacy-proxy")


def test_new_secrets_are_used_everywhere(stack: Stack, legacy: Target) -> None:
    folder = stack.folder / "secrets"

    def digests() -> set[str]:
        return {
            hashlib.sha256(one.read_bytes()).hexdigest()
            for one in folder.iterdir()
            if one.stat().st_size
        }

    before = digests()
    services = ("redis", "daphne", "legacy", "grafana")
    started = {one: stack.started(one) for name in services for one in stack.containers(name)}
    stack.run_ok("rotate-secrets")
    assert before.isdisjoint(digests())
    assert folder.stat().st_mode & 0o077 == 0
    stack.wait_until_healthy("redis", "daphne", "proxy", "legacy", "legacy-proxy")
    for one, moment in started.items():
        assert stack.started(one) != moment, "it was restarted with the new secrets"
    assert '"ready": true' in stack.run_ok("status")
    with httpx.Client(base_url=legacy.site.url, verify=unverified(), trust_env=False) as http:
        assert http.get("/readyz").json() == {"ready": True, "reasons": []}
