"""The demo as a process: what it serves, how it ends, and which errors it reports, in one line."""

from __future__ import annotations

import signal
import socket
import sqlite3
import ssl
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from reference_app.serving.valkey import embedded_valkey
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


@pytest.mark.long
def test_sigterm_ends_the_demo_too(tmp_path: Path) -> None:
    with demo("gunicorn", tmp_path) as launched:
        tree = launched.tree()
        launched.process.terminate()
        assert launched.end() == (143, "\nfawran: stopped.\n")
    assert all_ended(tree)


@pytest.mark.long
def test_ctrl_c_ends_the_demo_although_its_shell_ignores_ctrl_c(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as for a script's background jobs
    try:
        with demo("gunicorn", tmp_path) as launched:
            launched.interrupt()
            assert launched.end()[0] == 130
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.long
def test_a_killed_valkey_ends_the_demo_with_one_line(tmp_path: Path) -> None:
    with demo("daphne", tmp_path) as launched:
        tree = launched.tree()
        _server_of(tree, "valkey-server").send_signal(signal.SIGKILL)
        status, complaint = launched.end()
    assert_one_line(status, complaint, "Valkey was ended by SIGKILL")
    assert all_ended(tree)


@pytest.mark.long
def test_the_demo_listens_on_ipv6_as_well(tmp_path: Path) -> None:
    with demo("daphne", tmp_path, "--host", "::1", "--tls") as launched:
        assert launched.url.startswith("https://[::1]:")
        context = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        assert httpx.get(f"{launched.url}/healthz", verify=context).text == "ok\n"


@pytest.mark.long
def test_the_redis_of_redis_url_is_used_instead_of_an_embedded_one(tmp_path: Path) -> None:
    with (
        embedded_valkey(tmp_path / "own.log") as valkey,
        demo("daphne", tmp_path, REDIS_URL=valkey.url) as launched,
    ):
        assert not [one for one in launched.tree() if "valkey" in one.name()]
        assert httpx.get(f"{launched.url}/healthz").text == "ok\n"


@pytest.mark.long
def test_settings_of_another_site_in_the_shell_are_ignored(tmp_path: Path) -> None:
    other = {
        "SECRET_KEY_FILE": "/nowhere",
        "ALLOWED_HOSTS": "chat.example",
        "DEBUG": "perhaps",
        "FAWRAN_PROXIES": "perhaps",
    }
    with demo("gunicorn", tmp_path, **other) as launched:
        assert httpx.get(f"{launched.url}/accounts/login/").status_code == 200


@pytest.mark.long
def test_a_key_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "secret-key").write_text("")
    with demo("gunicorn", tmp_path):
        pass
    key = tmp_path / "secret-key"
    assert len(key.read_text()) >= 50
    assert key.stat().st_mode & 0o077 == 0


@pytest.mark.long
def test_a_real_sites_database_gets_no_demo_users(tmp_path: Path) -> None:
    env = user_environment(FAWRAN_DATA_DIR=str(tmp_path))
    with demo("gunicorn", tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "fawran.sqlite3")) as connection, connection:
        connection.execute("UPDATE accounts_user SET username = 'somebody' WHERE username = 'amal'")
    done = run_serving("demo", "--server", "gunicorn", "--port", "0", env=env)
    assert_one_line(done.returncode, done.stderr, "not the demo's")


@pytest.mark.long
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


@pytest.mark.long
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


@pytest.mark.long
def test_gunicorn_serves_tls(tmp_path: Path) -> None:
    with demo("gunicorn", tmp_path, "--tls") as launched:
        context = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem"))
        assert httpx.get(f"{launched.url}/healthz", verify=context).text == "ok\n"


def test_a_port_that_is_taken_is_reported(tmp_path: Path) -> None:
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
        ("REDIS_URL_FILE", "/nowhere/redis-url"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"),
        ("DATABASE_URL", "carving://stone"),
        ("DATABASE_URL", "sqlite:////nowhere/fawran.sqlite3"),
        ("FAWRAN_DATA_DIR", "/proc/nowhere"),
    ],
)
@pytest.mark.parametrize("server", SERVERS)
def test_an_unreachable_service_is_reported_by_its_variable(
    server: str, variable: str, value: str, tmp_path: Path
) -> None:
    env = user_environment(FAWRAN_DATA_DIR=str(tmp_path)) | {variable: value}
    done = run_serving("demo", "--server", server, "--port", "0", env=env)
    assert_one_line(done.returncode, done.stderr, variable)


def test_the_demo_does_not_listen_to_the_network(tmp_path: Path) -> None:
    env = user_environment(FAWRAN_DATA_DIR=str(tmp_path))
    done = run_serving("demo", "--host", "0.0.0.0", env=env)  # noqa: S104
    assert_one_line(done.returncode, done.stderr, "0.0.0.0")  # noqa: S104


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_an_invalid_port_is_refused(port: str) -> None:
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
