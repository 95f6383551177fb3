"""Select the database of this deployment, and define what a backup does with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from reference_app.releases.backup.manifest import Engine
from reference_app.releases.backup.postgresql import PostgreSQL
from reference_app.releases.backup.sqlite import SQLite


class Database(Protocol):
    """A database that can be dumped, and replaced by a dump.

    ``load`` prepares the new database next to the current one, which keeps serving. Then
    ``replace`` replaces the current one in one step, or ``discard`` removes the new one.
    """

    engine: Engine
    version: int
    """The major version of the database's programs."""

    def dump(self, path: Path) -> tuple[str, ...]:
        """Dump the database at one point in time; return the names of its migrations."""

    def load(self, dump: Path, scratch: Path) -> None:
        """Prepare the new database: load, migrate and finish it."""

    def replace(self) -> None:
        """Replace the current database by the new one."""

    def discard(self) -> None:
        """Remove the new database."""


def current_database(data: Path) -> Database:
    """Return the database that the environment selects; without a URL, SQLite in a folder.

    Raises:
        BackupError: the programs of PostgreSQL are missing.
    """
    url = _database_url()
    if url.startswith("postgres"):
        return PostgreSQL(url)
    path = unquote(url.removeprefix("sqlite:///"))
    return SQLite(Path(path) if path else data / "fawran.sqlite3")


def _database_url() -> str:
    """Return DATABASE_URL, or the content of its file; systemd may pass it as a credential."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    file = os.environ.get("DATABASE_URL_FILE") or (
        f"{credentials}/database-url" if credentials else ""
    )
    if file:
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get("DATABASE_URL", "")
