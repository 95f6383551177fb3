"""Dump a PostgreSQL database, and replace it by a dump, with PostgreSQL's own programs."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from reference_app.releases.backup.errors import BackupError
from reference_app.releases.backup.manifest import Engine
from reference_app.releases.backup.release import finish_restored

# A restore that a crash of the host interrupted may have left this schema behind.
_PG_DUMP: Final = ("pg_dump", "--format=custom", "--exclude-schema=restored")
_PSQL: Final = ("psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1")


class PostgreSQL:
    """A PostgreSQL database: the schema ``public`` at a URL."""

    engine = Engine.POSTGRESQL

    def __init__(self, url: str) -> None:
        """Find PostgreSQL's programs and their version.

        Raises:
            BackupError: there are none.
        """
        self._url = url
        self._environment = dict(os.environ) | connection_variables(url)
        found = re.search(
            r" (\d+)", self._run("PostgreSQL's programs are missing", "pg_dump", "--version")
        )
        self.version = int(found[1]) if found else 0

    def dump(self, path: Path) -> tuple[str, ...]:
        """Dump the database at one point in time; return the names of its migrations.

        Raises:
            BackupError: there is no database, or it cannot be dumped.
        """
        self._run("the database cannot be dumped", *_PG_DUMP, f"--file={path}")
        rows = re.findall(
            r"^\d+\t(\w+)\t(\w+)\t",
            self._run(
                "the dump cannot be read",
                *("pg_restore", "--data-only", "--table=django_migrations", "--file=-"),
                str(path),
            ),
            re.MULTILINE,
        )
        if not rows:
            raise BackupError("The database is empty: there is nothing to back up.")
        return tuple(f"{app}.{name}" for app, name in rows)

    def load(self, dump: Path, scratch: Path) -> None:
        """Prepare the new database as the schema ``restored``.

        The dump contains the schema name ``public``. So one transaction loads it under that name
        and renames it. A user who may not create databases can do this.

        Raises:
            BackupError: the dump cannot be loaded, migrated or finished.
        """
        script = scratch / "database.sql"
        self._run(
            "the dump cannot be read",
            *("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump)),
        )
        self._execute(
            "DROP SCHEMA IF EXISTS restored CASCADE",
            "CREATE SCHEMA IF NOT EXISTS public",
            "ALTER SCHEMA public RENAME TO replaced",
            "CREATE SCHEMA public",
            script,
            "ALTER SCHEMA public RENAME TO restored",
            "ALTER SCHEMA replaced RENAME TO public",
        )
        database = {"DATABASE_URL": self._url, "PGOPTIONS": "-c search_path=restored"}
        finish_restored(database, scratch)

    def replace(self) -> None:
        """Replace ``public`` by the new schema, in one transaction."""
        self._execute("DROP SCHEMA public CASCADE", "ALTER SCHEMA restored RENAME TO public")

    def discard(self) -> None:
        """Remove the new schema."""
        self._execute("DROP SCHEMA IF EXISTS restored CASCADE")

    def _execute(self, *steps: str | Path) -> None:
        """Execute SQL statements and SQL files in one transaction.

        Raises:
            BackupError: a statement failed, and nothing has changed.
        """
        # Suppresses the notices about objects that a cascade drops.
        options = ["--command", "SET client_min_messages = warning"]
        for step in steps:
            options += ["--command" if isinstance(step, str) else "--file", str(step)]
        self._run(
            "the database refuses, and was not changed", *_PSQL, *options, "--output=/dev/null"
        )

    def _run(self, failure: str, *command: str) -> str:
        """Run one of PostgreSQL's programs; return its output.

        Raises:
            BackupError: the program failed.
        """
        try:
            done = subprocess.run(
                command, env=self._environment, capture_output=True, text=True, check=False
            )
        except FileNotFoundError:
            raise BackupError(f"{failure}: install {command[0]} (postgresql-client).") from None
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"{command[0]} ended"]
            raise BackupError(f"{failure}: {lines[0]}")
        return done.stdout


def connection_variables(url: str) -> dict[str, str]:
    """Return the environment variables for PostgreSQL's programs.

    Only this user and root can read a password in an environment variable. All users can read one
    in an argument.
    """
    parts = urlsplit(url)
    found = {
        "PGHOST": parts.hostname,
        "PGPORT": parts.port and str(parts.port),
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password,
        "PGDATABASE": parts.path.lstrip("/"),
        "PGSSLMODE": next(iter(parse_qs(parts.query).get("sslmode", [])), None),
        "PGCONNECT_TIMEOUT": "10",
    }
    return {name: unquote(value) for name, value in found.items() if value}
