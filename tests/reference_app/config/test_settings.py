"""The settings as a separate process loads them: what is kept, and what is refused in one line."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from reference_app.runtime.environment import ROOT

SITE = {
    "PATH": os.environ["PATH"],
    "DJANGO_SETTINGS_MODULE": "reference_app.config.settings",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "ALLOWED_HOSTS": "chat.example",
    "REDIS_URL": "redis://localhost:6379/0",
    "FAWRAN_COLLECTED_STATIC": "off",
}
PRINT_SETTINGS = """
import json
from django.conf import settings
names = ["ALLOWED_HOSTS", "DATABASES", "SESSION_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "DEBUG"]
print(json.dumps({name: getattr(settings, name) for name in names}, default=str))
"""


PRINT_DURABILITY = """
import django
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    for name in ("journal_mode", "synchronous"):
        cursor.execute(f"PRAGMA {name}")
        print(*cursor.fetchone())
"""


def python(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=SITE | variables,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def settings_given(**variables: str) -> dict[str, object]:
    done = python("-c", PRINT_SETTINGS, **variables)
    assert done.returncode == 0, done.stderr
    loaded: dict[str, object] = json.loads(done.stdout)
    return loaded


def test_production_is_the_default() -> None:
    loaded = settings_given()
    assert loaded["DEBUG"] is False
    assert loaded["SESSION_COOKIE_SECURE"] is True
    assert loaded["SECURE_HSTS_SECONDS"] == 31_536_000


def test_options_of_the_database_url_are_kept() -> None:
    loaded = settings_given(DATABASE_URL="postgresql://u:p@h/n?sslmode=verify-full")
    options = loaded["DATABASES"]["default"]["OPTIONS"]  # type: ignore[index]
    assert options["sslmode"] == "verify-full"
    assert options["pool"]["max_size"] == 8
    assert options["pool"]["reconnect_timeout"] == 1


def test_a_database_host_that_vanishes_is_given_up_within_seconds() -> None:
    options = settings_given(DATABASE_URL="postgresql://u:p@h/n")["DATABASES"]["default"]["OPTIONS"]  # type: ignore[index]
    assert options["tcp_user_timeout"] == 10_000
    assert options["keepalives_idle"] + 3 * options["keepalives_interval"] < 15


@pytest.mark.parametrize("folder", ["with space", "with#hash", "with?mark", "with%20percent"])
def test_the_data_folder_may_have_any_name(tmp_path: Path, folder: str) -> None:
    loaded = settings_given(FAWRAN_DATA_DIR=str(tmp_path / folder))
    name = loaded["DATABASES"]["default"]["NAME"]  # type: ignore[index]
    assert name == str(tmp_path / folder / "fawran.sqlite3")


@pytest.mark.parametrize(
    "url",
    [
        "postgress://user:hunter2@db/chat",
        "mysql://user:hunter2@db/chat",
        "postgresql://user:hunter2/3@db/chat",
        "postgresql://user:hunter2@db:port/chat",
        "postgresql://user:hunter2@db/",
        "user:hunter2@db/chat",
    ],
)
def test_an_invalid_database_url_is_refused_without_its_password(url: str) -> None:
    done = python("manage.py", "check", DATABASE_URL=url)
    assert done.returncode == 1
    assert "DATABASE_URL" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("server", ["reference_app.config.asgi", "reference_app.config.wsgi"])
@pytest.mark.parametrize(
    ("variables", "names"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"DEBUG": "on"}, "DEBUG"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
    ],
)
def test_a_server_that_must_not_start_says_so_in_one_line(
    server: str, variables: dict[str, str], names: str
) -> None:
    done = python("-c", f"import {server}", **variables)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("fawran: ")
    assert names in line


def test_a_server_with_sockets_needs_a_channel_layer(tmp_path: Path) -> None:
    variables = {"REDIS_URL": "", "FAWRAN_DATA_DIR": str(tmp_path)}
    done = python("-c", "import reference_app.config.asgi", **variables)
    (line,) = done.stderr.splitlines()
    assert "REDIS_URL" in line


@pytest.mark.parametrize("server", ["asgi", "wsgi"])
def test_a_server_with_an_empty_database_asks_for_migrate(tmp_path: Path, server: str) -> None:
    done = python("-c", f"import reference_app.config.{server}", FAWRAN_DATA_DIR=str(tmp_path))
    assert done.stderr == ("fawran: The database has no tables yet: run 'manage.py migrate'.\n")


@pytest.mark.long
def test_a_server_starts_in_the_demo_with_demo_passwords_and_not_in_production(
    tmp_path: Path,
) -> None:
    demo = {"FAWRAN_DATA_DIR": str(tmp_path), "FAWRAN_MODE": "demo"}
    for command in ("migrate", "create_demo_users"):
        assert python("manage.py", command, **demo).returncode == 0
    serve = "import reference_app.config.asgi"
    assert python("-c", serve, **demo).returncode == 0
    refused = python("-c", serve, FAWRAN_DATA_DIR=str(tmp_path))
    assert refused.returncode == 1
    assert "admin" in refused.stderr
    assert "admin123" not in refused.stderr


def test_sqlite_writes_each_commit_to_the_disk(tmp_path: Path) -> None:
    done = python("-c", PRINT_DURABILITY, DATABASE_URL=f"sqlite:///{tmp_path}/chat.sqlite3")
    full = "2"
    assert done.stdout.split() == ["wal", full], done.stderr
