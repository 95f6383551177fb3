"""Tests of the hosts' backup script, on databases of this release; no host is needed."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from reference_app.runtime.environment import ROOT
from tests.postgresql import running_postgresql

SCRIPT = ROOT / "ansible" / "roles" / "backup" / "files" / "backup.py"
DAY = 86_400


@dataclass(frozen=True)
class Host:
    """The folders of a host that the backup script uses, and its SQLite database."""

    folder: Path

    @property
    def backups(self) -> Path:
        """Return the folder of the archives."""
        return self.folder / "backups"

    @property
    def files(self) -> Path:
        """Return the folder of the uploaded files."""
        return self.folder / "data" / "files"

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the backup script."""
        return subprocess.run(
            [sys.executable, SCRIPT, *arguments],
            env=os.environ
            | {
                "FAWRAN_BACKUPS": str(self.backups),
                "FAWRAN_DATA_DIR": str(self.folder / "data"),
                "FAWRAN_RELEASE": str(self.folder / "release"),
            }
            | env,
            capture_output=True,
            text=True,
        )

    def make(self, **env: str) -> Path:
        """Make a backup; return its path."""
        done = self.run("make", **env)
        assert done.returncode == 0, done.stderr
        return Path(json.loads(done.stdout)["path"])

    def run_refused(self, *arguments: str) -> str:
        """Run the script, which must fail with one line; return the line."""
        done = self.run(*arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("fawran: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    def texts(self) -> list[str]:
        """Return the texts in the database."""
        with closing(self.database()) as database:
            return [text for (text,) in database.execute("SELECT text FROM message")]

    def add_text(self, text: str) -> None:
        """Store a text in the database."""
        self.execute("INSERT INTO message VALUES (?)", text)

    def add_migration(self, name: str) -> None:
        """Record a migration in the database."""
        self.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('chat', ?, '2026-01-01')",
            name,
        )

    def execute(self, statement: str, *values: object) -> int:
        """Execute a statement; return the id of the row that it stored, or 0."""
        with closing(self.database()) as database, database:
            return database.execute(statement, values).lastrowid or 0

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Return the rows of a query."""
        with closing(self.database()) as database:
            return database.execute(statement).fetchall()

    def new_group(self) -> int:
        """Store a conversation; return its id."""
        return self.execute(
            "INSERT INTO chat_conversation (kind, title, epoch, last_seq, created_at)"
            " VALUES ('group', 'Room', 1, 40, '2026-01-01')"
        )

    def add_session(self) -> None:
        """Store a person with a session and its device."""
        person = self.execute(
            "INSERT INTO accounts_user (password, is_superuser, username, first_name, last_name,"
            " email, is_staff, is_active, date_joined, display_name, about)"
            " VALUES ('', 0, 'amal', '', '', '', 0, 1, '2026-01-01', '', '')"
        )
        self.execute("INSERT INTO django_session VALUES ('key', 'data', '2999-01-01')")
        self.execute(
            "INSERT INTO accounts_device (user_id, session_key, agent, signed_in, last_used)"
            " VALUES (?, 'key', '', '2026-01-01', '2026-01-01')",
            person,
        )

    def database(self) -> sqlite3.Connection:
        """Open the database."""
        return sqlite3.connect(self.folder / "data" / "fawran.sqlite3")


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty SQLite database of this release."""
    path = tmp_path_factory.mktemp("empty") / "fawran.sqlite3"
    migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE message (text)")
    return path


def migrate(url: str, *where: str) -> None:
    """Migrate a database to this release, or one application to a given migration."""
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0", *where],
        env=os.environ | {"DATABASE_URL": url},
        check=True,
    )


@pytest.fixture
def host(tmp_path: Path, empty_database: Path) -> Host:
    host = Host(tmp_path)
    host.files.mkdir(parents=True)
    shutil.copy(empty_database, tmp_path / "data")
    release = tmp_path / "release"
    release.mkdir()
    for name, target in {
        "venv": Path(sys.prefix),
        "manage.py": ROOT / "manage.py",
        "reference_app": ROOT / "reference_app",
    }.items():
        (release / name).symlink_to(target)
    return host


def test_a_backup_is_restored(host: Host) -> None:
    host.add_text("مرحبا")
    (host.files / "ab").mkdir()
    (host.files / "ab").chmod(0o750)
    (host.files / "ab" / "abcd").write_text("a file, ملف")
    (host.files / "ab" / "abcd").chmod(0o640)
    before = (host.files / "ab" / "abcd").stat()
    archive = host.make()
    assert archive.stat().st_mode & 0o077 == 0
    host.add_text("later")
    (host.files / "ab" / "abcd").unlink()
    (host.files / "later").touch()
    done = host.run("restore", archive.name)
    assert done.returncode == 0, done.stderr
    assert host.texts() == ["مرحبا"]
    assert (host.files / "ab" / "abcd").read_text() == "a file, ملف"
    assert not (host.files / "later").exists()
    # The proxy reads files by their group; the sweep deletes files by their age.
    after = (host.files / "ab" / "abcd").stat()
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)
    assert (host.files / "ab").stat().st_mode & 0o777 == 0o750


def test_a_restore_writes_nothing_into_the_releases_folder(host: Host) -> None:
    release = host.folder / "release"
    for name in ("manage.py", "reference_app"):
        (release / name).unlink()
    shutil.copy(ROOT / "manage.py", release)
    shutil.copytree(ROOT / "reference_app", release / "reference_app")
    before = {path.name for path in release.iterdir()}
    done = host.run("restore", host.make().name)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in release.iterdir()} == before, "it is read-only on a host"


def test_sessions_and_cursors_from_before_a_restore_are_invalid_after_it(host: Host) -> None:
    kept = host.new_group()
    host.add_session()
    archive = host.make()
    lost = [host.new_group() for _ in range(3)]
    epochs = {1}
    for _ in range(2):
        assert host.run("restore", archive.name).returncode == 0
        assert host.query("SELECT * FROM django_session") == []
        assert host.query("SELECT * FROM accounts_device") == []
        ((id_, epoch, seq),) = host.query("SELECT id, epoch, last_seq FROM chat_conversation")
        assert (id_, seq) == (kept, 40)
        assert epoch not in epochs, "pages that were ahead load all again, after each restore"
        epochs.add(epoch)
        new = host.new_group()
        assert new > max(lost), "no page confuses a new conversation with a lost one"
        lost.append(new)


def test_a_backup_of_an_earlier_release_is_migrated_to_this_one(host: Host, tmp_path: Path) -> None:
    database = tmp_path / "data" / "fawran.sqlite3"
    database.unlink()
    for application in ("accounts", "chat"):
        migrate(f"sqlite:///{database}", application, "0001_initial")
    host.execute(
        "INSERT INTO chat_conversation (kind, title, epoch, last_seq, created_at)"
        " VALUES ('group', 'Room', 1, 40, '2026-01-01')"
    )
    archive = host.make()
    done = host.run("restore", archive.name)
    assert done.returncode == 0, done.stderr
    ((epoch,),) = host.query("SELECT epoch FROM chat_conversation")
    assert isinstance(epoch, int)
    assert epoch > 10, "higher than the migrations set it"
    ((floor,),) = host.query("SELECT seq FROM sqlite_sequence WHERE name = 'chat_file'")
    assert floor, "also for tables that the earlier release did not have"


def test_a_restore_that_cannot_finish_changes_nothing(host: Host) -> None:
    host.add_text("first")
    archive = host.make()
    host.add_text("second")
    (host.files / "later").touch()
    broken = host.folder / "broken"
    broken.mkdir()
    (broken / "venv").symlink_to(Path(sys.prefix))
    (broken / "reference_app").symlink_to(ROOT / "reference_app")
    (broken / "manage.py").write_text("raise SystemExit('fawran: the clock is wrong.')")
    done = host.run("restore", archive.name, FAWRAN_RELEASE=str(broken))
    assert done.returncode == 1
    assert done.stderr == "fawran: migrate failed, and nothing was changed: the clock is wrong.\n"
    assert host.texts() == ["first", "second"]
    assert (host.files / "later").exists()
    assert not list(host.folder.glob("data/fawran.new*"))


def test_a_backup_is_of_one_moment_while_somebody_writes(host: Host) -> None:
    host.add_text("first")
    with closing(host.database()) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO message VALUES ('not committed')")
        archive = host.make()
    host.run("restore", archive.name)
    assert host.texts() == ["first"]


def test_a_damaged_backup_is_refused(host: Host, tmp_path: Path) -> None:
    host.add_text("kept")
    archive = host.make()
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "parts", filter="data")
    (tmp_path / "parts" / "files.tar").write_bytes(b"other")
    with tarfile.open(archive, "w") as tar:
        for part in (tmp_path / "parts").iterdir():
            tar.add(part, part.name)
    refusal = host.run_refused("restore", archive.name)
    assert "is damaged (files.tar): nothing was changed." in refusal
    archive.write_bytes(archive.read_bytes()[:2000])
    assert "is damaged" in host.run_refused("check", archive.name)
    archive.write_text("no archive at all")
    assert "is damaged, or no backup" in host.run_refused("check", archive.name)
    assert host.texts() == ["kept"]


@pytest.mark.parametrize("name", ["../outside", "/tmp/fawran-absolute", "link"])
def test_a_backup_that_would_write_elsewhere_is_refused(host: Host, name: str) -> None:
    archive = host.make()
    with tarfile.open(archive, "a") as tar:
        member = tarfile.TarInfo(name)
        if name == "link":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    assert "is damaged, or no backup" in host.run_refused("restore", archive.name)
    assert not (host.backups / "outside").exists()
    assert not Path("/tmp/fawran-absolute").exists()


def test_a_backup_of_a_later_release_is_refused_with_its_migrations(host: Host) -> None:
    host.add_migration("9999_later")
    archive = host.make(FAWRAN_RELEASE=str(host.folder / "later"))
    assert "this one does not know chat.9999_later." in host.run_refused("restore", archive.name)


def test_a_backup_made_by_this_release_is_restored_despite_later_migrations(
    host: Host,
) -> None:
    host.add_migration("9999_later")
    host.add_text("kept")
    archive = host.make()
    host.add_text("after the backup")
    done = host.run("restore", archive.name)
    assert done.returncode == 0, done.stderr
    assert host.texts()[-1] == "kept"


def test_a_backup_of_another_database_is_refused(host: Host, tmp_path: Path) -> None:
    archive = host.make()
    url = tmp_path / "url"
    url.write_text("postgresql://fawran:secret@127.0.0.1:1/fawran\n")
    done = host.run("check", archive.name, DATABASE_URL_FILE=str(url))
    assert done.returncode == 1
    assert "has a database of SQLite, and this deployment's is of PostgreSQL" in done.stderr


def test_a_missing_backup_or_a_path_elsewhere_is_refused(host: Host) -> None:
    host.make()
    assert "has no passwd;" in host.run_refused("restore", "/etc/passwd")


def test_old_backups_are_deleted_but_never_the_last_few(host: Host) -> None:
    made = [host.make() for _ in range(4)]
    for path in made:
        os.utime(path, (0, path.stat().st_mtime - 30 * DAY))
    newest = host.make(FAWRAN_KEEP_LEAST="2")
    assert sorted(host.backups.glob("*.tar")) == [made[-1], newest]
    assert host.run("list").stdout.split()[::2] == [made[-1].name, newest.name]


def test_a_backup_that_fails_leaves_nothing_behind(host: Host) -> None:
    (host.folder / "data" / "fawran.sqlite3").unlink()
    assert "There is no database" in host.run_refused("make")
    assert list(host.backups.iterdir()) == []


def test_postgresql_is_replaced_only_by_a_finished_restore(host: Host, tmp_path: Path) -> None:
    with running_postgresql(tmp_path) as address:
        url = tmp_path / "url"
        url.write_text(address)
        env = {"DATABASE_URL_FILE": str(url)}
        migrate(address)
        with psycopg.connect(address, autocommit=True) as database:

            def new_group() -> int:
                row = database.execute(
                    "INSERT INTO chat_conversation (kind, title, epoch, last_seq, created_at)"
                    " VALUES ('group', 'Room', 1, 40, now()) RETURNING id"
                ).fetchone()
                assert row is not None
                return int(row[0])

            def epochs() -> list[int]:
                rows = database.execute("SELECT epoch FROM chat_conversation ORDER BY id")
                return [epoch for (epoch,) in rows]

            new_group()
            database.execute("INSERT INTO django_session VALUES ('key', 'data', '2999-01-01')")
            archive = host.make(**env)
            lost = [new_group() for _ in range(3)]

            broken = host.folder / "broken"
            shutil.copytree(host.folder / "release", broken, symlinks=True)
            (broken / "manage.py").unlink()
            (broken / "manage.py").write_text("raise SystemExit('fawran: no.')")
            failed = host.run("restore", archive.name, FAWRAN_RELEASE=str(broken), **env)
            assert failed.stderr == "fawran: migrate failed, and nothing was changed: no.\n"
            assert epochs() == [1, 1, 1, 1]

            for _ in range(2):
                done = host.run("restore", archive.name, **env)
                assert done.returncode == 0, done.stderr
                (epoch,) = epochs()
                assert epoch > 1
                assert database.execute("SELECT * FROM django_session").fetchall() == []
                assert new_group() > max(lost)
            schemas = database.execute(
                "SELECT count(*) FROM pg_namespace WHERE nspname IN ('restored', 'replaced')"
            ).fetchone()
            assert schemas == (0,)
