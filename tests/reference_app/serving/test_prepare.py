"""`python -m reference_app.serving prepare`, as the container `migrate` runs it."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from reference_app.serving.valkey import embedded_valkey
from tests.launch import run_serving, user_environment


def test_it_migrates_repeatedly_and_refuses_the_database_of_a_later_release(
    tmp_path: Path,
) -> None:
    database = tmp_path / "chat.sqlite3"
    with embedded_valkey(tmp_path / "valkey.log") as valkey:
        env = user_environment(
            ALLOWED_HOSTS="chat.example",
            SECRET_KEY=secrets.token_urlsafe(64),
            REDIS_URL=valkey.url,
            DATABASE_URL=f"sqlite:///{database}",
            FAWRAN_PROXIES="1",
            FAWRAN_DATA_DIR=str(tmp_path),
        )
        for _ in range(2):
            done = run_serving("prepare", env=env)
            assert (done.returncode, done.stderr) == (0, "")
            assert "of this release" in done.stdout
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(
                "INSERT INTO django_migrations (app, name, applied) "
                "VALUES ('chat', '9999_later', '2030-01-01')"
            )
        done = run_serving("prepare", env=env)
        served = run_serving("prepare", env=env | {"FAWRAN_SERVED_BEFORE": "on"})
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "chat.9999_later" in done.stderr
    assert served.returncode == 0, "an update that was refused may have left it"


def test_without_redis_the_error_is_one_line(tmp_path: Path) -> None:
    env = user_environment(
        ALLOWED_HOSTS="chat.example",
        SECRET_KEY=secrets.token_urlsafe(64),
        FAWRAN_DATA_DIR=str(tmp_path),
    )
    done = run_serving("prepare", env=env)
    assert done.returncode == 1
    assert done.stderr.startswith("fawran: REDIS_URL is not set")
    assert done.stderr.count("\n") == 1


def test_the_number_of_trusted_proxies_has_to_be_set(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path / "valkey.log") as valkey:
        env = user_environment(
            ALLOWED_HOSTS="chat.example",
            SECRET_KEY=secrets.token_urlsafe(64),
            REDIS_URL=valkey.url,
            FAWRAN_DATA_DIR=str(tmp_path),
        )
        done = run_serving("prepare", env=env)
        assert done.returncode == 1
        assert "FAWRAN_PROXIES is not set" in done.stderr
        assert done.stderr.count("\n") == 1
        assert run_serving("prepare", env=env | {"FAWRAN_PROXIES": "0"}).returncode == 0
