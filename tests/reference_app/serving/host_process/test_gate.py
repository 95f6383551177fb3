"""The command that waits until a process serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.serving import commands
from reference_app.serving.host_process import gate
from reference_app.serving.processes import free_port
from tests.raw_server import answering
from tests.reference_app.serving.host_process.conftest import FolderHost
from tests.served import served

MESSAGES = "first line\nlast line"
WRONG = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
NOT_READY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nredis"
NOTHING = b""


@pytest.fixture(autouse=True)
def _retry_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "RETRY_SECONDS", 0)


def start(host: FolderHost, address: str) -> Path:
    """Start process 1 at an address; return its release."""
    host.add_process(1, address)
    release = host.add_release("a")
    host.run("start", 1, release)
    host.set_active()
    return release


def test_a_process_that_serves_passes_and_is_not_replaced_again(
    host: FolderHost, tmp_path: Path
) -> None:
    with served(commands.tuned_daphne, tmp_path) as site:
        release = start(host, f"127.0.0.1:{site.ports[0]}")
        assert host.run("needs", 1, release) == "yes\n"
        assert host.run("gate", 1) == ""
    assert host.run("needs", 1, release) == "no\n"


def test_a_process_that_keeps_crashing_fails_early(host: FolderHost) -> None:
    start(host, f"127.0.0.1:{free_port()}")
    host.write("restarts", "2\n")
    first, *messages = host.fail("gate", 1).splitlines()
    assert first.startswith("not served: [Errno 111]")
    assert messages == MESSAGES.splitlines()
    assert sum(call.startswith("show") for call in host.systemctl_calls()) == 1
    assert not (host.root / "opt/fawran/process/1.good").exists()


def test_a_process_that_gives_wrong_answers_fails_early(host: FolderHost) -> None:
    with answering(WRONG) as server:
        start(host, server.address)
        assert host.fail("gate", 1) == f"not served: /readyz answers 404\n{MESSAGES}"
    assert len(server.requests) == gate.MAX_WRONG_ANSWERS


def test_a_process_that_closes_connections_without_an_answer_fails_early(host: FolderHost) -> None:
    with answering(NOTHING) as server:
        start(host, server.address)
        assert host.fail("gate", 1).startswith("not served: Remote end closed connection")
    assert len(server.requests) == gate.MAX_WRONG_ANSWERS


def test_a_process_that_is_not_ready_gets_all_attempts(
    host: FolderHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "MAX_ATTEMPTS", 2 * gate.MAX_WRONG_ANSWERS)
    with answering(NOT_READY) as server:
        start(host, server.address)
        assert host.fail("gate", 1) == f"not served: /readyz answers 503 redis\n{MESSAGES}"
    assert len(server.requests) == gate.MAX_ATTEMPTS


def test_a_process_without_a_release_is_reported(host: FolderHost) -> None:
    link = host.root / "opt/fawran/process/1"
    assert host.fail("gate", 1) == f"{link} leads to no release: start process 1 on one."


def test_missing_settings_are_reported(host: FolderHost) -> None:
    start(host, "127.0.0.1:1")
    settings = host.root / "etc/fawran/daphne-1.env"
    settings.unlink()
    assert host.fail("gate", 1) == f"{settings} is missing: run site.yml."
