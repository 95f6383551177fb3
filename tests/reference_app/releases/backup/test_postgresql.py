"""The backup program on PostgreSQL: one format for both deployments, one step to replace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.postgresql import running_postgresql
from tests.reference_app.releases.backup.deployment import Deployment, migrate
from tests.reference_app.releases.backup.test_command import TOO_LATE


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run PostgreSQL, with a migrated template database; yield the URL of the server."""
    with running_postgresql(tmp_path_factory.mktemp("server")) as server:
        url = server.url
        with psycopg.connect(url, autocommit=True) as database:
            database.execute("CREATE DATABASE migrated")
        migrate(_named(url, "migrated"))
        yield url


def _named(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def _new_database(server: str, name: str, template: str) -> str:
    with psycopg.connect(server, autocommit=True) as database:
        database.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    return _named(server, name)


@pytest.fixture
def host(tmp_path: Path, server: str) -> Iterator[Deployment]:
    """Return a deployment on a host: archives in a folder, and files in the data folder."""
    url = _new_database(server, "host", "migrated")
    (tmp_path / "host").mkdir()
    yield Deployment(tmp_path / "host", url)
    _drop(server, "host")


@pytest.fixture
def containers(tmp_path: Path, server: str) -> Iterator[Deployment]:
    """Return a deployment in containers: archives through pipes, an empty database."""
    url = _new_database(server, "containers", "template0")
    (tmp_path / "containers").mkdir()
    yield Deployment(tmp_path / "containers", url)
    _drop(server, "containers")


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as database:
        database.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def new_group(url: str, title: str) -> int:
    with psycopg.connect(url, autocommit=True) as database:
        row = database.execute(
            "INSERT INTO chat_conversation (kind, title, epoch, last_seq, created_at)"
            " VALUES ('group', %s, 1, 40, now()) RETURNING id",
            [title],
        ).fetchone()
    assert row is not None
    return int(row[0])


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as database:
        return database.execute(statement.encode()).fetchall()


def titles(url: str) -> list[object]:
    return [title for (title,) in query(url, "SELECT title FROM chat_conversation ORDER BY id")]


def test_a_backup_of_one_deployment_is_restored_by_the_other_and_back(
    host: Deployment, containers: Deployment
) -> None:
    new_group(host.url, "مرحبا")
    host.store_upload("abcd", "a file, ملف")
    containers.run_ok("restore", "-", stdin=host.make().read_bytes())
    assert titles(containers.url) == ["مرحبا"]
    assert containers.uploads() == {"abcd": "a file, ملف"}

    new_group(containers.url, "from a container")
    (host.backups / "received.tar").write_bytes(containers.run_ok("make", "-"))
    host.run_ok("restore", "received.tar")
    assert titles(host.url) == ["مرحبا", "from a container"]


def test_the_database_is_replaced_only_by_a_finished_restore(host: Deployment) -> None:
    new_group(host.url, "kept")
    with psycopg.connect(host.url, autocommit=True) as database:
        database.execute("INSERT INTO django_session VALUES ('key', 'data', '2999-01-01')")
    archive = host.make()
    lost = [new_group(host.url, "lost") for _ in range(3)]
    for _ in range(2):
        host.run_ok("restore", archive.name)
        ((epoch,),) = query(host.url, "SELECT epoch FROM chat_conversation")
        assert isinstance(epoch, int)
        assert epoch > 1
        assert query(host.url, "SELECT * FROM django_session") == []
        lost.append(new_group(host.url, "lost"))
        assert lost[-1] > max(lost[:-1])
    with psycopg.connect(host.url, autocommit=True) as database:
        database.execute("UPDATE chat_conversation SET epoch = %s", [TOO_LATE])
    too_late = host.make()
    with psycopg.connect(host.url, autocommit=True) as database:
        database.execute("UPDATE chat_conversation SET epoch = 7")
    refusal = host.run_refused("restore", too_late.name)
    assert "finish_restore failed, and nothing was changed" in refusal
    assert set(query(host.url, "SELECT epoch FROM chat_conversation")) == {(7,)}
    assert (
        query(
            host.url, "SELECT nspname FROM pg_namespace WHERE nspname IN ('restored', 'replaced')"
        )
        == []
    )


def test_sqlite_and_postgresql_refuse_each_others_archives(
    site: Deployment, host: Deployment
) -> None:
    content = host.run_ok("make", "-")
    assert "PostgreSQL, and this deployment's is of SQLite" in site.run_refused(
        "restore", "-", stdin=content
    )
    content = site.run_ok("make", "-")
    assert "SQLite, and this deployment's is of PostgreSQL" in host.run_refused(
        "restore", "-", stdin=content
    )


def test_an_empty_database_is_not_backed_up(containers: Deployment) -> None:
    assert "The database is empty: there is nothing to back up." in containers.run_refused("make")


def test_missing_programs_and_a_missing_server_are_named(host: Deployment, tmp_path: Path) -> None:
    done = host.run("make", PATH=str(tmp_path))
    assert done.stderr.decode() == (
        "fawran: PostgreSQL's programs are missing: install pg_dump (postgresql-client).\n"
    )
    away = Deployment(host.folder, "postgresql://fawran@127.0.0.1:1/fawran")
    assert "the database cannot be dumped" in away.run_refused("make")
