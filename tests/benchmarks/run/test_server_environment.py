from __future__ import annotations

import sys

import pytest

from benchmarks.run.server_environment import clean, described, generator_environment, taken_out

CALLER = {
    "PATH": "/usr/bin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "GUNICORN_CMD_ARGS": "--workers=7",
    "WEB_CONCURRENCY": "7",
    "PYTHONOPTIMIZE": "2",
    "LD_PRELOAD": "faster.so",
    "MALLOC_ARENA_MAX": "1",
    "FAWRAN_FANOUT": "socket",
    "DATABASE_URL": "postgresql://somebody:password@localhost/chat",
    "SSL_CERT_FILE": "/ours.pem",
    "EDITOR": "ed",
}


def test_a_server_gets_only_the_variables_that_any_program_needs() -> None:
    assert clean(CALLER) == {"PATH": "/usr/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def test_a_generator_trusts_the_same_certificates_as_the_caller() -> None:
    assert generator_environment(CALLER) == clean(CALLER) | {"SSL_CERT_FILE": "/ours.pem"}


def test_only_removed_variables_that_a_server_would_read_are_listed() -> None:
    assert taken_out(CALLER) == [
        "DATABASE_URL",
        "FAWRAN_FANOUT",
        "GUNICORN_CMD_ARGS",
        "LD_PRELOAD",
        "MALLOC_ARENA_MAX",
        "PYTHONOPTIMIZE",
        "SSL_CERT_FILE",
        "WEB_CONCURRENCY",
    ]


def test_a_description_has_no_secrets_and_no_paths_or_ports_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--workers=7")
    found = described(
        [sys.executable, "-m", "gunicorn", "--bind", "127.0.0.1:54321"],
        {
            "SECRET_KEY": "hidden",
            "DATABASE_URL": "postgresql://somebody:password@localhost/chat",
            "REDIS_URL": "unix:///tmp/a/valkey.sock",
            "FAWRAN_DATA_DIR": "/tmp/a/session-1",
        },
        {"127.0.0.1": "{host}", "54321": "{port}", "/tmp/a/session-1": "{folder}"},
    )
    assert found["command"] == ["python", "-m", "gunicorn", "--bind", "{host}:{port}"]
    assert found["environment"] == {
        "DATABASE_URL": "postgresql:",
        "FAWRAN_DATA_DIR": "{folder}",
        "REDIS_URL": "unix:",
    }
    assert "GUNICORN_CMD_ARGS" in found["taken_out"]
