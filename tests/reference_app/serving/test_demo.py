from __future__ import annotations

import signal
import socket
import ssl
from pathlib import Path

import httpx
import psutil
import pytest

from tests.launch import all_ended, demo, run_serving, user_environment

SERVERS = ["daphne", "gunicorn"]


@pytest.mark.parametrize("server", SERVERS)
def test_the_demo_serves_until_ctrl_c_and_leaves_nothing_running(
    server: str, tmp_path: Path
) -> None:
    with demo(server, tmp_path) as launched:
        assert "admin    admin123" in launched.said
        assert httpx.get(f"{launched.url}/accounts/login/").status_code == 200
        tree = launched.tree()
        assert len(tree) > 1
        launched.interrupt()
        status, complaint = launched.end()
    assert (status, complaint.strip()) == (130, "fawran: stopped.")
    assert all_ended(tree)


@pytest.mark.parametrize("server", SERVERS)
def test_a_killed_server_ends_the_demo_with_one_line(server: str, tmp_path: Path) -> None:
    with demo(server, tmp_path) as launched:
        tree = launched.tree()
        _server_of(tree, server).send_signal(signal.SIGKILL)
        status, complaint = launched.end()
    assert status == 1
    assert complaint.strip().count("\n") == 0
    assert "SIGKILL" in complaint
    assert all_ended(tree)


@pytest.mark.parametrize("server", SERVERS)
def test_a_killed_demo_leaves_no_orphan(server: str, tmp_path: Path) -> None:
    with demo(server, tmp_path) as launched:
        tree = launched.tree()
        launched.process.kill()
        launched.end()
    assert all_ended(tree)


def test_daphne_speaks_http_2_over_tls(tmp_path: Path) -> None:
    with demo("daphne", tmp_path, "--tls") as launched:
        assert launched.url.startswith("https://")
        context = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        with httpx.Client(http2=True, verify=context) as client:
            answer = client.get(f"{launched.url}/healthz")
    assert (answer.http_version, answer.text) == ("HTTP/2", "ok\n")
    assert (tmp_path / "key.pem").stat().st_mode & 0o077 == 0


def test_gunicorn_serves_tls(tmp_path: Path) -> None:
    with demo("gunicorn", tmp_path, "--tls") as launched:
        context = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        assert httpx.get(f"{launched.url}/healthz", verify=context).text == "ok\n"


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = run_serving(
            "demo", "--port", port, env=user_environment(FAWRAN_DATA_DIR=str(tmp_path))
        )
    assert_one_line(done.returncode, done.stderr, f"Port {port}")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("REDIS_URL", "pigeon://home"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"),
        ("DATABASE_URL", "carving://stone"),
        ("FAWRAN_DATA_DIR", "/proc/nowhere"),
    ],
)
def test_what_cannot_be_reached_is_told_by_name(variable: str, value: str, tmp_path: Path) -> None:
    env = user_environment(FAWRAN_DATA_DIR=str(tmp_path)) | {variable: value}
    done = run_serving("demo", "--port", "0", env=env)
    assert_one_line(done.returncode, done.stderr, variable)


def test_the_demo_does_not_listen_to_the_network(tmp_path: Path) -> None:
    env = user_environment(FAWRAN_DATA_DIR=str(tmp_path))
    done = run_serving("demo", "--host", "0.0.0.0", env=env)  # noqa: S104
    assert_one_line(done.returncode, done.stderr, "0.0.0.0")  # noqa: S104


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    done = run_serving("demo", f"--port={port}", env=user_environment())
    assert done.returncode == 2
    assert "is no port" in done.stderr


def assert_one_line(status: int, complaint: str, names: str) -> None:
    assert status == 1
    assert complaint.startswith("fawran: ")
    assert complaint.strip().count("\n") == 0, complaint
    assert names in complaint


def _server_of(tree: list[psutil.Process], name: str) -> psutil.Process:
    children = psutil.Process(tree[0].pid).children()
    return next(child for child in children if name in " ".join(child.cmdline()))
