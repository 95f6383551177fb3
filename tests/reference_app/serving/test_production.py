"""Production as a process: what it serves, how it restarts, and which settings it refuses."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from reference_app.serving.processes import free_port
from reference_app.serving.valkey import embedded_valkey
from tests.launch import all_ended, demo, run_serving, serving, user_environment


@pytest.fixture
def safe(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Yield an environment that production accepts."""
    with embedded_valkey(tmp_path / "valkey.log") as valkey:
        yield user_environment(
            FAWRAN_DATA_DIR=str(tmp_path / "data"),
            SECRET_KEY=secrets.token_urlsafe(64),
            ALLOWED_HOSTS="localhost,127.0.0.1",
            FAWRAN_HTTPS="off",
            REDIS_URL=valkey.url,
        )


def first_of_two_ports() -> int:
    while True:
        port = free_port()
        if port < 65000:
            return port


def test_two_processes_serve_and_one_that_dies_is_started_again(safe: dict[str, str]) -> None:
    port = first_of_two_ports()
    with serving(
        *("production", "--port", str(port), "--processes", "2"), env=safe, until="processes serve"
    ) as launched:
        for each in (port, port + 1):
            page = httpx.get(f"http://localhost:{each}/accounts/login/")
            assert page.status_code == 200
            assert "/static/web/css/tokens." in page.text, "static files have a hash in their names"
        tree = launched.tree()
        assert not [one for one in tree if safe["SECRET_KEY"] in " ".join(one.cmdline())], (
            "no secret is in the arguments of a process"
        )
        victim = next(one for one in psutil.Process(tree[0].pid).children())
        victim.send_signal(signal.SIGKILL)
        assert launched.process.stderr is not None
        assert "SIGKILL" in launched.process.stderr.readline()
        transport = httpx.HTTPTransport(retries=30)
        with httpx.Client(transport=transport) as client:
            assert client.get(f"http://localhost:{port}/healthz").status_code == 200
        tree = launched.tree()
        launched.process.terminate()
        assert launched.end()[0] == 143
    assert all_ended(tree)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "django-insecure-" + "abcdefghij" * 6),
        ("DEBUG", "on"),
        ("ALLOWED_HOSTS", ""),
        ("DEBUG", "perhaps"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "chat.example"),  # with FAWRAN_HTTPS=off
        ("FAWRAN_MODE", "demo"),
        ("CHANNEL_LAYER", "memory"),
        ("CHANNEL_LAYER", "none"),
        ("FAWRAN_TRANSPORT", "pigeon"),
        ("FAWRAN_DATA_DIR", "/proc/nowhere"),
        ("REDIS_URL", ""),
        ("REDIS_URL", "redis://127.0.0.1:1/0"),
        ("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"),
    ],
)
def test_production_refuses_unsafe_settings_in_one_line(
    safe: dict[str, str], name: str, value: str
) -> None:
    done = run_serving("production", "--processes", "1", env=safe | {name: value})
    assert done.returncode == 1
    assert done.stderr.startswith("fawran: ")
    assert done.stderr.strip().count("\n") == 0, done.stderr
    assert name in done.stderr


@pytest.mark.parametrize("port", ["0", "65535"])
def test_production_refuses_ports_that_do_not_exist(safe: dict[str, str], port: str) -> None:
    done = run_serving("production", "--port", port, "--processes", "2", env=safe)
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0, done.stderr
    assert "--port" in done.stderr


@pytest.mark.long
def test_a_variable_that_is_empty_counts_as_unset(safe: dict[str, str]) -> None:
    port = str(free_port())
    with serving(
        *("production", "--port", port, "--processes", "1"),
        env=safe | {"FAWRAN_MODE": "", "DATABASE_URL": ""},
        until="process serves",
    ):
        assert (Path(safe["FAWRAN_DATA_DIR"]) / "fawran.sqlite3").exists()


@pytest.mark.long
def test_behind_a_proxy_with_tls_cookies_are_secure(safe: dict[str, str]) -> None:
    port = free_port()
    with serving(
        *("production", "--port", str(port), "--processes", "1"),
        env=safe
        | {
            "FAWRAN_HTTPS": "on",
            "ALLOWED_HOSTS": ".chat.example, localhost",
            "FAWRAN_PROXIES": "1",
        },
        until="process serves",
    ):
        log = Path(safe["FAWRAN_DATA_DIR"]) / f"daphne-{port}.log"
        assert "ERROR" not in log.read_text()
        login = f"http://localhost:{port}/accounts/login/"
        assert httpx.get(login).headers["location"].startswith("https://")
        forwarded = httpx.get(login, headers={"X-Forwarded-Proto": "https"})
        assert "Secure" in forwarded.headers["set-cookie"]
        assert "strict-transport-security" in forwarded.headers


@pytest.mark.long
def test_production_refuses_the_demos_database(safe: dict[str, str], tmp_path: Path) -> None:
    with demo("gunicorn", tmp_path / "demo"):
        pass
    database = f"sqlite:///{tmp_path / 'demo' / 'fawran.sqlite3'}"
    done = run_serving("production", "--processes", "1", env=safe | {"DATABASE_URL": database})
    assert done.returncode == 1
    assert "demo passwords" in done.stderr
    assert "admin123" not in done.stderr
