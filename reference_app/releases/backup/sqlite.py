"""Dump an SQLite database, and replace it by a dump."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from urllib.parse import quote

from reference_app.releases.backup.errors import BackupError
from reference_app.releases.backup.manifest import Engine
from reference_app.releases.backup.release import finish_restored
from reference_app.runtime import durable


class SQLite:
    """An SQLite database in a file."""

    engine = Engine.SQLITE
    version = sqlite3.sqlite_version_info[0]

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new = path.with_suffix(".new")

    def dump(self, path: Path) -> tuple[str, ...]:
        """Copy the database at one point in time; return the names of its migrations.

        Raises:
            BackupError: there is no database.
        """
        if not self._path.is_file():
            raise BackupError(f"There is no database at {self._path}.")
        with closing(sqlite3.connect(self._path)) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)
            copy.execute("PRAGMA journal_mode = DELETE")
            rows = copy.execute("SELECT app, name FROM django_migrations ORDER BY id").fetchall()
        return tuple(f"{app}.{name}" for app, name in rows)

    def load(self, dump: Path, scratch: Path) -> None:
        """Prepare the new database in the folder of the current one.

        Raises:
            BackupError: the database is damaged, or cannot be migrated or finished.
        """
        self.discard()  # of a restore that was interrupted
        shutil.copyfile(dump, self._new)
        self._new.chmod(0o600)
        with closing(sqlite3.connect(self._new)) as database:
            (found,) = database.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise BackupError(f"The database in it is damaged ({found}): nothing was changed.")
        finish_restored({"DATABASE_URL": f"sqlite:///{quote(str(self._new))}"}, scratch)
        _empty_journal(self._new)

    def replace(self) -> None:
        """Replace the current file by the new one, with one rename."""
        # SQLite would apply a remaining journal of the current database to the new one.
        with suppress(sqlite3.Error):  # a damaged database, or none
            _empty_journal(self._path)
        _remove_journal(self._path)
        durable.replace(self._new, self._path)

    def discard(self) -> None:
        """Remove the new file and its journal."""
        self._new.unlink(missing_ok=True)
        _remove_journal(self._new)


def _empty_journal(path: Path) -> None:
    """Write the journal into the database file, so that a crash after this loses nothing."""
    if path.is_file():
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA journal_mode = DELETE")


def _remove_journal(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
