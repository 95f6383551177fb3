"""The check of a running site: which features it reports, and which errors, in one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reference_app.runtime.environment import ROOT
from reference_app.serving.commands import gunicorn
from reference_app.serving.processes import Child, free_port, wait_until_served
from tests.launch import PATIENCE, Launched, demo, user_environment


def check(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reference_app.serving.check", *arguments],
        env=user_environment(COLUMNS="160", **env),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE * 2,
    )


@pytest.fixture(scope="module")
def daphne(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    with demo("daphne", tmp_path_factory.mktemp("daphne"), "--tls") as launched:
        yield launched


def test_daphne_offers_everything(daphne: Launched) -> None:
    expect = [f"--expect={what}" for what in ("websocket", "tls", "http2")]
    done = check(daphne.url, "--insecure", *expect)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stdout
    assert "not offered" not in done.stdout
    assert "median" in done.stdout


def test_a_self_signed_certificate_is_refused_unless_accepted(daphne: Launched) -> None:
    done = check(daphne.url)
    assert done.returncode == 1
    assert "certificate" in done.stderr.lower()


@pytest.mark.long
def test_gunicorn_offers_no_websocket_and_that_fails_only_if_expected(tmp_path: Path) -> None:
    with demo("gunicorn", tmp_path) as launched:
        done = check(launched.url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "not offered" in done.stdout
        assert "failed" not in done.stdout
        expecting = check(launched.url, "--expect=websocket")
        assert expecting.returncode == 1
        assert "failed" in expecting.stdout
        wrong = check(launched.url, CHECK_CHAT_USERS="amal wrong\nbadr badr123")
        assert wrong.returncode == 1
        assert wrong.stderr.strip() == "fawran: amal cannot sign in with this password."


@pytest.mark.parametrize(
    ("users", "names"),
    [("amal amal123", "Two users"), ("amal\nbadr", "Two users"), (None, "No such file")],
)
def test_other_than_two_users_are_reported(tmp_path: Path, users: str | None, names: str) -> None:
    path = tmp_path / "users"
    if users is not None:
        path.write_text(users)
    done = check("http://localhost", "--users", str(path))
    assert done.returncode == 1
    assert names in done.stderr


def test_another_application_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("not a chat")
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--directory", str(tmp_path), str(port)]
    with Child("Another", command, user_environment(), tmp_path / "log") as other:
        wait_until_served(other, "localhost", port, PATIENCE, tls=False)
        done = check(f"http://localhost:{port}")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("has no login page of Fawran (HTTP 404).")


@pytest.mark.long
def test_a_page_that_uses_a_transport_the_site_lacks_fails(tmp_path: Path) -> None:
    """Gunicorn with a page that is set to open WebSockets: every other check passes."""
    with demo("gunicorn", tmp_path):
        pass  # the database and its people
    port = free_port()
    env = user_environment(
        FAWRAN_DATA_DIR=str(tmp_path),
        FAWRAN_MODE="demo",
        FAWRAN_TRANSPORT="websocket",
        SECRET_KEY=(tmp_path / "secret-key").read_text(),
    )
    with Child("Gunicorn", gunicorn("127.0.0.1", port), env, tmp_path / "log") as server:
        wait_until_served(server, "127.0.0.1", port, PATIENCE, tls=False)
        done = check(f"http://localhost:{port}")
    assert done.returncode == 1
    assert "the page uses websocket" in done.stdout
    assert "WebSocket: messages both ways                            │ failed" in done.stdout


@pytest.mark.parametrize(
    ("url", "names"),
    [
        ("chat.example", "is no address"),
        ("https://chat.example", "--users"),
        ("http://[bad", "is no address"),
        ("http://localhost:99999", "is no address"),
        ("http://amal:amal123@localhost", "leave it out"),
        pytest.param(f"http://localhost:{free_port()}", "cannot be reached", id="free port"),
    ],
)
def test_an_address_that_cannot_be_checked_is_reported_in_one_line(url: str, names: str) -> None:
    done = check(url)
    assert done.returncode == 1
    assert done.stderr.strip().count("\n") == 0, done.stderr
    assert names in done.stderr
