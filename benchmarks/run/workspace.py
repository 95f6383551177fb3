"""The workspace of a run: databases, logs and certificates that are not published.

The crowds are created once. Every session gets a new copy of that database, so that no
server finds data of another.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from benchmarks.errors import BadRequest, BenchmarkError
from benchmarks.run.profiles import Crowd
from benchmarks.run.server_environment import clean


@dataclass(frozen=True)
class SessionPlace:
    """The files of one session, and the environment that makes the application use them."""

    folder: Path
    crowd: Path
    environment: dict[str, str]


class Crowds(Protocol):
    """A source of a run's crowds, and of the files of its sessions."""

    def seed(self, crowds: Iterable[Crowd]) -> None:
        """Create these crowds."""

    def session(self, number: int, crowd: Crowd) -> SessionPlace:
        """Return the files of a session with one of the crowds."""
        ...

    def discard(self, place: SessionPlace) -> None:
        """Remove the files of a session."""

    def close(self) -> None:
        """Remove everything."""


class Workspace:
    """The databases and files of one run. Call ``close`` after the run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._secret_key = secrets.token_urlsafe(64)
        given = os.environ.get("DATABASE_URL", "")
        self._databases: SqliteCopies | PostgresCopies = (
            PostgresCopies(given) if given.startswith("postgres") else SqliteCopies(folder)
        )

    def seed(self, crowds: Iterable[Crowd]) -> None:
        """Create the database that the sessions get copies of, with these crowds in it.

        Raises:
            BenchmarkError: seeding failed; the message has the last line of its error output.
        """
        url = self._databases.create()
        command = [sys.executable, "-m", "benchmarks.run.seed"]
        for one in crowds:
            command += ["--crowd", str(one.users), str(one.room_size), str(self._crowd(one))]
        done = subprocess.run(
            command,
            check=False,
            env=clean(os.environ) | self._environment(url),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise BenchmarkError(f"The crowd could not be created: {last}")

    def session(self, number: int, crowd: Crowd) -> SessionPlace:
        """Return the files of a session with one of the crowds, and a new copy of the database."""
        folder = self.folder / f"session-{number}"
        folder.mkdir()
        url = self._databases.copy(folder, number)
        return SessionPlace(folder, self._crowd(crowd), self._environment(url, folder))

    def discard(self, place: SessionPlace) -> None:
        """Remove the files of a session."""
        shutil.rmtree(place.folder, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        self._databases.drop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _crowd(self, crowd: Crowd) -> Path:
        return self.folder / f"crowd-{crowd.users}-in-{crowd.room_size}.json"

    def _environment(self, database_url: str, folder: Path | None = None) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "reference_app.config.settings",
            "FAWRAN_MODE": "production",
            "FAWRAN_HTTPS": "off",
            "FAWRAN_COLLECTED_STATIC": "off",
            "FAWRAN_DATA_DIR": str(folder or self.folder),
            "ALLOWED_HOSTS": "127.0.0.1,localhost",
            "SECRET_KEY": self._secret_key,
            "DATABASE_URL": database_url,
        }


class SqliteCopies:
    """A SQLite file, and copies of it."""

    def __init__(self, folder: Path) -> None:
        self._seeded = folder / "seeded.sqlite3"

    def create(self) -> str:
        """Return the URL of the database to be seeded."""
        return f"sqlite:///{self._seeded}"

    def copy(self, folder: Path, _number: int) -> str:
        """Create a copy of the seeded database; return its URL."""
        target = folder / "chat.sqlite3"
        shutil.copy(self._seeded, target)
        return f"sqlite:///{target}"

    def drop(self) -> None:
        """Do nothing: the files are removed with the workspace."""


class PostgresCopies:
    """A new database on the user's server, and copies of it; the user's own is not changed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._seeded = f"fawran_bench_{os.getpid()}"
        self._created: list[str] = []

    def create(self) -> str:
        """Create the database to be seeded; return its URL.

        Raises:
            BadRequest: the server cannot be reached, or does not allow creating a database.
        """
        self._create(self._seeded, template=None)
        return self._address(self._seeded)

    def copy(self, _folder: Path, number: int) -> str:
        """Create a copy of the seeded database; return its URL."""
        name = f"{self._seeded}_{number}"
        self._create(name, template=self._seeded)
        return self._address(name)

    def drop(self) -> None:
        """Drop all databases that were created."""
        if not self._created:
            return
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
            for name in reversed(self._created):
                connection.execute(
                    sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
                )

    def _create(self, name: str, template: str | None) -> None:
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        try:
            with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as connection:
                connection.execute(statement)
        except psycopg.Error as error:
            line = str(error).strip().splitlines()[0]
            raise BadRequest(f"DATABASE_URL: {line}") from None
        self._created.append(name)

    def _address(self, name: str) -> str:
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))
