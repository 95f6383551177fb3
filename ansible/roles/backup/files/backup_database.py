"""Dump the database, and replace it by a dump.

backup.py imports this module; both have the same settings. A restored database is loaded next to
the current one, migrated to the current release and finished (`manage.py finish_restore`). Only
then it replaces the current one.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, quote, unquote, urlsplit

DATA = Path(os.environ.get("FAWRAN_DATA_DIR", "/var/lib/fawran"))
RELEASE = Path(os.environ.get("FAWRAN_RELEASE", "/opt/fawran/current"))

SQLITE = "database.sqlite3"
DUMP = "database.dump"
# A restore that a crash of the host interrupted may have left this schema behind.
PG_DUMP = ["pg_dump", "--format=custom", "--exclude-schema=restored"]
PSQL = ["psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]


class RefusedError(Exception):
    """An operation is not possible and has changed nothing; the message contains the reason."""


def dump_to(aside: Path) -> str:
    """Dump the database at one point in time into a folder; return the file's name."""
    if postgresql():
        with (aside / DUMP).open("wb") as out:
            run("the database cannot be dumped", PG_DUMP, stdout=out)
        return DUMP
    path = DATA / "fawran.sqlite3"
    if not path.is_file():
        raise RefusedError(f"There is no database at {path}.")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(aside / SQLITE)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
    return SQLITE


def restore_database(unpacked: Path) -> None:
    """Replace the database by the dump in a folder. If a step fails, nothing changes.

    Raises:
        RefusedError: a step failed; the message contains the reason.
    """
    if postgresql():
        restore_dump(unpacked / DUMP)
    else:
        restore_sqlite(unpacked / SQLITE)


def restore_dump(dump: Path) -> None:
    """Replace the PostgreSQL database. If a step fails, nothing changes.

    The dump contains the schema name `public`. So one transaction loads it under that name and
    renames it to `restored`. It is finished there, and replaces `public` in another transaction.
    """
    script = dump.with_suffix(".sql")
    run(
        "the dump cannot be read",
        ["pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump)],
    )
    execute(
        "DROP SCHEMA IF EXISTS restored CASCADE",
        "CREATE SCHEMA IF NOT EXISTS public",
        "ALTER SCHEMA public RENAME TO replaced",
        "CREATE SCHEMA public",
        script,
        "ALTER SCHEMA public RENAME TO restored",
        "ALTER SCHEMA replaced RENAME TO public",
    )
    try:
        finish({"PGOPTIONS": "-c search_path=restored"})
        execute("DROP SCHEMA public CASCADE", "ALTER SCHEMA restored RENAME TO public")
    except RefusedError:
        execute("DROP SCHEMA IF EXISTS restored CASCADE")
        raise


def execute(*steps: str | Path) -> None:
    """Execute SQL statements and SQL files in one transaction.

    Raises:
        RefusedError: a statement failed, and nothing has changed.
    """
    # Suppresses the notices about objects that a cascade drops.
    options = ["--command", "SET client_min_messages = warning"]
    for step in steps:
        options += ["--command" if isinstance(step, str) else "--file", str(step)]
    run("the database refuses, and was not changed", [*PSQL, *options, "--output=/dev/null"])


def restore_sqlite(copy: Path) -> None:
    """Replace the SQLite file in one step."""
    path = DATA / "fawran.sqlite3"
    new = path.with_suffix(".new")
    try:
        shutil.copyfile(copy, new)
        new.chmod(0o600)
        with closing(sqlite3.connect(new)) as database:
            (found,) = database.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise RefusedError(f"The database in it is damaged ({found}): nothing was changed.")
        finish({"DATABASE_URL": f"sqlite:///{quote(str(new))}"})
        with closing(sqlite3.connect(new)) as database:
            database.execute("PRAGMA journal_mode = DELETE")  # writes everything into the one file
    except RefusedError:
        remove_sqlite(new)
        raise
    remove_journal(path)  # of the previous database: SQLite would apply it to the new one
    new.replace(path)


def remove_sqlite(path: Path) -> None:
    """Remove an SQLite database and its journal."""
    path.unlink(missing_ok=True)
    remove_journal(path)


def remove_journal(path: Path) -> None:
    """Remove the journal files that SQLite keeps next to a database."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def finish(database: dict[str, str]) -> None:
    """Migrate a restored database to the current release, and finish it.

    The command finish_restore makes cursors, ids and sessions of the discarded history invalid.

    Args:
        database: environment variables that select the restored database.

    Raises:
        RefusedError: a command failed; the message contains the reason.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONDONTWRITEBYTECODE": "1",
        # The settings require a key and hosts. These commands sign nothing and answer no request.
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "localhost",
        # Django creates the folder of its file cache there; the release's own is read-only.
        "FAWRAN_DATA_DIR": str(DATA),
        **({"DATABASE_URL_FILE": url_file()} if postgresql() else {}),
        **database,
    }
    for command in (["migrate", "--verbosity", "0"], ["finish_restore"]):
        done = subprocess.run(
            [RELEASE / "venv" / "bin" / "python", RELEASE / "manage.py", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
            why = lines[-1] if lines[0].startswith("Traceback") else lines[0]
            raise RefusedError(
                f"{command[0]} failed, and nothing was changed: {why.removeprefix('fawran: ')}"
            )


def migrations_here() -> set[str]:
    """Return the names of the current release's migrations, for example chat.0001_initial."""
    return {
        f"{path.parent.parent.name}.{path.stem}"
        for path in RELEASE.glob("reference_app/*/migrations/[0-9]*.py")
    }


def migrations_in(database: Path) -> set[str]:
    """Return the migrations of this project's applications that a database contains."""
    ours = {name.partition(".")[0] for name in migrations_here()}
    if database.name == SQLITE:
        with closing(sqlite3.connect(database)) as copy:
            rows = copy.execute("SELECT app, name FROM django_migrations").fetchall()
    else:
        told = run(
            "the dump cannot be read",
            [
                *("pg_restore", "--data-only", "--table=django_migrations", "--file=-"),
                str(database),
            ],
        )
        rows = re.findall(r"^\d+\t(\w+)\t(\w+)\t", told, re.MULTILINE)
    return {f"{app}.{name}" for app, name in rows if app in ours}


def postgresql() -> dict[str, str]:
    """Return the environment variables for PostgreSQL's programs; empty for SQLite.

    Only this user and root can read a password in an environment variable. All users can read one
    in an argument.
    """
    path = url_file()
    url = Path(path).read_text(encoding="utf-8").strip() if path else ""
    if not url.startswith("postgres"):
        return {}
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


def url_file() -> str:
    """Return the path of the file with the database's URL; empty if there is none."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    return os.environ.get("DATABASE_URL_FILE") or (
        f"{credentials}/database-url" if credentials else ""
    )


def run(what: str, command: list[str], stdout: int | IO[bytes] = subprocess.PIPE) -> str:
    """Run one of PostgreSQL's programs; return its output.

    Raises:
        RefusedError: the program failed.
    """
    done = subprocess.run(
        command,
        env=dict(os.environ) | postgresql(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"{command[0]} ended with {done.returncode}"]
        raise RefusedError(f"{what}: {lines[0]}")
    return done.stdout or ""
