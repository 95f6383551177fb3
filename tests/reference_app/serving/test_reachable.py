"""The checks, before a server starts, that Redis and the database can be reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from reference_app.serving.processes import ServingError
from reference_app.serving.reachable import check_database, check_redis
from reference_app.serving.valkey import embedded_valkey


def test_without_a_url_nothing_is_checked() -> None:
    check_redis("")
    check_database("")


def test_a_redis_that_answers_is_accepted(tmp_path: Path) -> None:
    with embedded_valkey(tmp_path / "log") as valkey:
        check_redis(valkey.url)


@pytest.mark.parametrize(
    "url",
    [
        "redis://:hush@127.0.0.1:1/0",
        "redis://:hush/1@127.0.0.1:1/0",
        "pigeon://:hush@127.0.0.1",
    ],
)
def test_an_unreachable_redis_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ServingError, match="REDIS_URL") as caught:
        check_redis(url)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://fawran:hush@127.0.0.1:1/fawran",
        "postgresql://fawran:hush hush@127.0.0.1:1/fawran",
        "postgresql://fawran:hush/1@127.0.0.1:1/fawran",
        "postgresql://fawran:%hush@127.0.0.1:1/fawran",
    ],
)
def test_an_unreachable_postgresql_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ServingError, match="DATABASE_URL") as caught:
        check_database(url)
    assert "hush" not in str(caught.value)


def test_a_sqlite_file_need_not_exist_yet(tmp_path: Path) -> None:
    check_database(f"sqlite:///{tmp_path}/new.sqlite3")
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_sqlite_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite3").write_text("once upon a time, there was no database " * 20)
    with pytest.raises(ServingError, match="not a database"):
        check_database(f"sqlite:///{tmp_path}/a.sqlite3")


def test_a_sqlite_file_in_a_missing_folder_is_refused() -> None:
    with pytest.raises(ServingError, match="/nowhere"):
        check_database("sqlite:////nowhere/a.sqlite3")
