"""The health check of containers, against healthy and unhealthy servers."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from reference_app.protocol import CLOSE_UNAUTHENTICATED
from reference_app.runtime.environment import ROOT
from reference_app.serving import commands
from reference_app.serving.probe import (
    NOT_SIGNED_IN,
    Place,
    ProbeError,
    known_as,
    probe_http,
    probe_socket,
)
from tests.raw_server import answering
from tests.served import served


def test_it_knows_the_close_code_of_the_protocol() -> None:
    assert NOT_SIGNED_IN == CLOSE_UNAUTHENTICATED


def test_a_process_that_serves_is_healthy(tmp_path: Path) -> None:
    with served(commands.tuned_daphne, tmp_path) as site:
        probe_socket(Place(f"127.0.0.1:{site.ports[0]}", "localhost"))
        probe_http(Place(f"127.0.0.1:{site.ports[0]}", "localhost"))
        probe_http(Place(f"127.0.0.1:{site.ports[0]}", "localhost"), "/readyz")
        command = [sys.executable, "-m", "reference_app.serving.probe", "--port"]
        done = subprocess.run([*command, str(site.ports[0])], cwd=ROOT, capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")
        with pytest.raises(ProbeError, match="403"):
            probe_socket(Place(f"127.0.0.1:{site.ports[0]}", "elsewhere.example"))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "503"),
        (b"", "nothing"),
        (b"HTTP/1.1 101 Switching\r\nSec-WebSocket-Accept: none\r\n\r\n", "no WebSocket server"),
    ],
)
def test_a_server_that_answers_otherwise_is_unhealthy(answer: bytes, error: str) -> None:
    with answering(answer) as server, pytest.raises(ProbeError, match=error):
        probe_socket(Place(server.address, "localhost"))


def test_a_process_that_does_not_run_is_reported_in_one_line() -> None:
    command = [sys.executable, "-m", "reference_app.serving.probe", "--port", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("fawran: not served: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("hosts", "name"),
    [("chat.example, www.chat.example", "chat.example"), (".chat.example", "www.chat.example")],
)
def test_it_sends_a_host_name_of_the_site(
    hosts: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALLOWED_HOSTS", hosts)
    assert known_as() == name


def test_a_unix_socket_is_probed_as_well(tmp_path: Path) -> None:
    address = tmp_path / "process.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(address))
        listening.listen()

        def serve() -> None:
            connection, _address = listening.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 503 Service Unavailable\r\n\r\n{draining}")

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(ProbeError, match=r"/readyz answers 503 \{draining"):
            probe_http(Place(f"unix:{address}", "localhost"), "/readyz")
        thread.join()


def test_it_waits_for_a_process_that_has_not_started_yet(tmp_path: Path) -> None:
    with served(commands.tuned_daphne, tmp_path) as site:
        child = site.children[0]
        child.stop()
        command = [sys.executable, "-m", "reference_app.serving.probe", "--ready", "--wait", "60"]
        with subprocess.Popen([*command, "--port", str(site.ports[0])], cwd=ROOT) as probe:
            child.start()
            assert probe.wait() == 0
