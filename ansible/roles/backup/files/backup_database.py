"""The database's part of a backup: how it is dumped, and how a dump replaces it.

For backup.py, and with its settings. A restored database is first brought to the current
release and finished by it (`manage.py finish_restore`), next to the one that it then replaces.
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
# A restore that the host's end has cut off may have left its schema behind.
PG_DUMP = ["pg_dump", "--format=custom", "--exclude-schema=restored"]
PSQL = ["psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]


class RefusedError(Exception):
    """It cannot be done, and nothing was changed; the message says why."""


def dump_to(aside: Path) -> str:
    """Write the database, as it is at one moment, into a folder; return the file's name."""
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
    """Replace the database by the one in a folder: if anything fails, nothing has changed.

    Raises:
        RefusedError: the line says why.
    """
    if postgresql():
        restore_dump(unpacked / DUMP)
    else:
        restore_sqlite(unpacked / SQLITE)


def restore_dump(dump: Path) -> None:
    """Replace all that PostgreSQL has: if anything fails, nothing has changed.

    The dump names the schema `public`, so it is loaded under that name and set aside as
    `restored`, all in one transaction; finished there, it replaces `public` in another one.
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
    """Have PostgreSQL execute statements and files of them, in one transaction.

    Raises:
        RefusedError: one failed, and nothing has changed.
    """
    # What a cascade drops is no news.
    options = ["--command", "SET client_min_messages = warning"]
    for step in steps:
        options += ["--command" if isinstance(step, str) else "--file", str(step)]
    run("the database refuses, and was not changed", [*PSQL, *options, "--output=/dev/null"])


def restore_sqlite(copy: Path) -> None:
    """Replace the database's file in one step."""
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
            database.execute("PRAGMA journal_mode = DELETE")  # all of it in the one file
    except RefusedError:
        remove_sqlite(new)
        raise
    remove_journal(path)  # of the database before: SQLite would apply it to the new one
    new.replace(path)


def remove_sqlite(path: Path) -> None:
    """Remove a database and its journal."""
    path.unlink(missing_ok=True)
    remove_journal(path)


def remove_journal(path: Path) -> None:
    """Remove what SQLite keeps next to a database."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def finish(database: dict[str, str]) -> None:
    """Bring a restored database, named by variables, to the current release.

    The release also voids what the lost history gave out: cursors, ids and sessions.

    Raises:
        RefusedError: one of its commands failed; the line says why.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONDONTWRITEBYTECODE": "1",
        # It signs nothing, and answers nobody: the settings only want to be safe.
        "SECRET_KEY": secrets.token_urlsafe(64),
        "ALLOWED_HOSTS": "localhost",
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
    """Return the migrations that the current release knows, as chat.0001_initial."""
    return {
        f"{path.parent.parent.name}.{path.stem}"
        for path in RELEASE.glob("reference_app/*/migrations/[0-9]*.py")
    }


def migrations_in(database: Path) -> set[str]:
    """Return the migrations of our own applications that a database has had."""
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
    """Return how PostgreSQL is reached, as variables of its programs; none for SQLite.

    A password in a variable can be read by this user and root only, in an argument by all.
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
    """Return the path of the file that holds the database's address; empty if there is none."""
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    return os.environ.get("DATABASE_URL_FILE") or (
        f"{credentials}/database-url" if credentials else ""
    )


def run(what: str, command: list[str], stdout: int | IO[bytes] = subprocess.PIPE) -> str:
    """Run one of PostgreSQL's programs; return what it says.

    Raises:
        RefusedError: it failed.
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
