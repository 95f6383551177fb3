"""The hosts' backups, made and restored on databases of this release: no host is needed."""

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

from reference_app.config.environment import ROOT
from tests.postgresql import running_postgresql

SCRIPT = ROOT / "ansible" / "roles" / "backup" / "files" / "backup.py"
DAY = 86_400


@dataclass(frozen=True)
class Place:
    """A host's folders, as the script knows them."""

    folder: Path

    @property
    def backups(self) -> Path:
        """Where archives are kept."""
        return self.folder / "backups"

    @property
    def files(self) -> Path:
        """What people have uploaded."""
        return self.folder / "data" / "files"

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run the script."""
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
        """Make a backup; return where it is."""
        done = self.run("make", **env)
        assert done.returncode == 0, done.stderr
        return Path(json.loads(done.stdout)["path"])

    def refused(self, *arguments: str) -> str:
        """Run the script, which has to refuse in one line."""
        done = self.run(*arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("fawran: ")
        assert done.stderr.count("\n") == 1
        return done.stderr

    def texts(self) -> list[str]:
        """Return what the database has."""
        with closing(self.database()) as database:
            return [text for (text,) in database.execute("SELECT text FROM message")]

    def say(self, text: str) -> None:
        """Write to the database."""
        self.execute("INSERT INTO message VALUES (?)", text)

    def migrated(self, name: str) -> None:
        """Note a migration in the database."""
        self.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('chat', ?, '2026-01-01')",
            name,
        )

    def execute(self, statement: str, *values: object) -> int:
        """Execute a statement; return the id of the row that it has stored, if it has."""
        with closing(self.database()) as database, database:
            return database.execute(statement, values).lastrowid or 0

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Return what the database answers."""
        with closing(self.database()) as database:
            return database.execute(query).fetchall()

    def new_group(self) -> int:
        """Store a conversation; return its id."""
        return self.execute(
            "INSERT INTO chat_conversation (kind, title, epoch, last_seq, created_at)"
            " VALUES ('group', 'Room', 1, 40, '2026-01-01')"
        )

    def sign_somebody_in(self) -> None:
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
    """A SQLite database of this release in which nothing is stored."""
    path = tmp_path_factory.mktemp("empty") / "fawran.sqlite3"
    migrate(f"sqlite:///{path}")
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE message (text)")
    return path


def migrate(url: str, *where: str) -> None:
    """Bring a database to this release, or one application of it to a migration."""
    subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate", "--verbosity", "0", *where],
        env=os.environ | {"DATABASE_URL": url},
        check=True,
    )


@pytest.fixture
def place(tmp_path: Path, empty_database: Path) -> Place:
    place = Place(tmp_path)
    place.files.mkdir(parents=True)
    shutil.copy(empty_database, tmp_path / "data")
    release = tmp_path / "release"
    release.mkdir()
    for name, target in {
        "venv": Path(sys.prefix),
        "manage.py": ROOT / "manage.py",
        "reference_app": ROOT / "reference_app",
    }.items():
        (release / name).symlink_to(target)
    return place


def test_what_was_backed_up_comes_back(place: Place) -> None:
    place.say("مرحبا")
    (place.files / "ab").mkdir()
    (place.files / "ab").chmod(0o750)
    (place.files / "ab" / "abcd").write_text("a file, ملف")
    (place.files / "ab" / "abcd").chmod(0o640)
    before = (place.files / "ab" / "abcd").stat()
    archive = place.make()
    assert archive.stat().st_mode & 0o077 == 0
    place.say("later")
    (place.files / "ab" / "abcd").unlink()
    (place.files / "later").touch()
    done = place.run("restore", archive.name)
    assert done.returncode == 0, done.stderr
    assert place.texts() == ["مرحبا"]
    assert (place.files / "ab" / "abcd").read_text() == "a file, ملف"
    assert not (place.files / "later").exists()
    # The proxy hands files out, as one of their group; age decides what is swept.
    after = (place.files / "ab" / "abcd").stat()
    assert (after.st_mode, after.st_mtime) == (before.st_mode, before.st_mtime)
    assert (place.files / "ab").stat().st_mode & 0o777 == 0o750


def test_nothing_that_was_given_out_before_a_restore_is_valid_after_it(place: Place) -> None:
    kept = place.new_group()
    place.sign_somebody_in()
    archive = place.make()
    lost = [place.new_group() for _ in range(3)]
    epochs = {1}
    for _ in range(2):
        assert place.run("restore", archive.name).returncode == 0
        assert place.ask("SELECT * FROM django_session") == []
        assert place.ask("SELECT * FROM accounts_device") == []
        ((id_, epoch, seq),) = place.ask("SELECT id, epoch, last_seq FROM chat_conversation")
        assert (id_, seq) == (kept, 40)
        assert epoch not in epochs, "pages that were ahead begin afresh, after each restore"
        epochs.add(epoch)
        new = place.new_group()
        assert new > max(lost), "no page takes a new conversation for a lost one"
        lost.append(new)


def test_an_archive_of_an_earlier_release_is_brought_to_this_one(
    place: Place, tmp_path: Path
) -> None:
    database = tmp_path / "data" / "fawran.sqlite3"
    database.unlink()
    for application in ("accounts", "chat"):
        migrate(f"sqlite:///{database}", application, "0001_initial")
    place.execute(
        "INSERT INTO chat_conversation (kind, title, epoch, last_seq, created_at)"
        " VALUES ('group', 'Room', 1, 40, '2026-01-01')"
    )
    archive = place.make()
    done = place.run("restore", archive.name)
    assert done.returncode == 0, done.stderr
    ((epoch,),) = place.ask("SELECT epoch FROM chat_conversation")
    assert isinstance(epoch, int)
    assert epoch > 10, "more than the migrations have raised it by"
    ((floor,),) = place.ask("SELECT seq FROM sqlite_sequence WHERE name = 'chat_file'")
    assert floor, "also of what that release did not have"


def test_a_restore_that_cannot_be_finished_changes_nothing(place: Place) -> None:
    place.say("first")
    archive = place.make()
    place.say("second")
    (place.files / "later").touch()
    broken = place.folder / "broken"
    broken.mkdir()
    (broken / "venv").symlink_to(Path(sys.prefix))
    (broken / "reference_app").symlink_to(ROOT / "reference_app")
    (broken / "manage.py").write_text("raise SystemExit('fawran: the clock is wrong.')")
    done = place.run("restore", archive.name, FAWRAN_RELEASE=str(broken))
    assert done.returncode == 1
    assert done.stderr == "fawran: migrate failed, and nothing was changed: the clock is wrong.\n"
    assert place.texts() == ["first", "second"]
    assert (place.files / "later").exists()
    assert not list(place.folder.glob("data/fawran.new*"))


def test_a_backup_is_of_one_moment_while_somebody_writes(place: Place) -> None:
    place.say("first")
    with closing(place.database()) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO message VALUES ('not committed')")
        archive = place.make()
    place.run("restore", archive.name)
    assert place.texts() == ["first"]


def test_one_that_is_damaged_is_refused(place: Place, tmp_path: Path) -> None:
    place.say("kept")
    archive = place.make()
    with tarfile.open(archive) as tar:
        tar.extractall(tmp_path / "parts", filter="data")
    (tmp_path / "parts" / "files.tar").write_bytes(b"other")
    with tarfile.open(archive, "w") as tar:
        for part in (tmp_path / "parts").iterdir():
            tar.add(part, part.name)
    assert "is damaged (files.tar): nothing was changed." in place.refused("restore", archive.name)
    archive.write_bytes(archive.read_bytes()[:2000])
    assert "is damaged" in place.refused("check", archive.name)
    archive.write_text("no archive at all")
    assert "is damaged, or no backup" in place.refused("check", archive.name)
    assert place.texts() == ["kept"]


@pytest.mark.parametrize("name", ["../beside", "/tmp/fawran-absolute", "link"])
def test_one_that_would_write_elsewhere_is_refused(place: Place, name: str) -> None:
    archive = place.make()
    with tarfile.open(archive, "a") as tar:
        member = tarfile.TarInfo(name)
        if name == "link":
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    assert "is damaged, or no backup" in place.refused("restore", archive.name)
    assert not (place.backups / "beside").exists()
    assert not Path("/tmp/fawran-absolute").exists()


def test_one_of_a_later_release_is_refused_by_its_migrations(place: Place) -> None:
    place.migrated("9999_later")
    archive = place.make(FAWRAN_RELEASE=str(place.folder / "later"))
    assert "this one does not know chat.9999_later." in place.refused("restore", archive.name)


def test_one_that_this_release_served_comes_back_whatever_a_later_one_had_added(
    place: Place,
) -> None:
    place.migrated("9999_later")
    place.say("kept")
    archive = place.make()
    place.say("after the backup")
    done = place.run("restore", archive.name)
    assert done.returncode == 0, done.stderr
    assert place.texts()[-1] == "kept"


def test_one_of_another_database_is_refused(place: Place, tmp_path: Path) -> None:
    archive = place.make()
    url = tmp_path / "url"
    url.write_text("postgresql://fawran:secret@127.0.0.1:1/fawran\n")
    done = place.run("check", archive.name, DATABASE_URL_FILE=str(url))
    assert done.returncode == 1
    assert "has a database of SQLite, and this deployment's is of PostgreSQL" in done.stderr


def test_one_that_is_not_there_is_refused_wherever_it_is_said_to_be(place: Place) -> None:
    place.make()
    assert "has no passwd;" in place.refused("restore", "/etc/passwd")


def test_old_ones_go_but_never_the_last_few(place: Place) -> None:
    made = [place.make() for _ in range(4)]
    for path in made:
        os.utime(path, (0, path.stat().st_mtime - 30 * DAY))
    newest = place.make(FAWRAN_KEEP_LEAST="2")
    assert sorted(place.backups.glob("*.tar")) == [made[-1], newest]
    assert place.run("list").stdout.split()[::2] == [made[-1].name, newest.name]


def test_a_backup_that_fails_leaves_nothing_behind(place: Place) -> None:
    (place.folder / "data" / "fawran.sqlite3").unlink()
    assert "There is no database" in place.refused("make")
    assert list(place.backups.iterdir()) == []


def test_postgresql_is_replaced_by_a_finished_restore_or_not_at_all(
    place: Place, tmp_path: Path
) -> None:
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
            archive = place.make(**env)
            lost = [new_group() for _ in range(3)]

            broken = place.folder / "broken"
            shutil.copytree(place.folder / "release", broken, symlinks=True)
            (broken / "manage.py").unlink()
            (broken / "manage.py").write_text("raise SystemExit('fawran: no.')")
            failed = place.run("restore", archive.name, FAWRAN_RELEASE=str(broken), **env)
            assert failed.stderr == "fawran: migrate failed, and nothing was changed: no.\n"
            assert epochs() == [1, 1, 1, 1]

            for _ in range(2):
                done = place.run("restore", archive.name, **env)
                assert done.returncode == 0, done.stderr
                (epoch,) = epochs()
                assert epoch > 1
                assert database.execute("SELECT * FROM django_session").fetchall() == []
                assert new_group() > max(lost)
            schemas = database.execute(
                "SELECT count(*) FROM pg_namespace WHERE nspname IN ('restored', 'replaced')"
            ).fetchone()
            assert schemas == (0,)
