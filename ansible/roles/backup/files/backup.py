#!/usr/bin/python3
"""Backups of the chat: database and files, of one moment, checksummed, in one archive.

    fawran-backup make             one now; tells about it in JSON, and removes old ones
    fawran-backup list
    fawran-backup check NAME       whether it is whole, and could be restored here
    fawran-backup restore NAME     put it back; no process of the chat may run

An archive has SHA256SUMS, manifest.json, files.tar, and database.dump (of PostgreSQL) or
database.sqlite3. It needs Python's own library only. Settings are variables: FAWRAN_BACKUPS,
FAWRAN_DATA_DIR, FAWRAN_RELEASE, FAWRAN_KEEP_DAYS, FAWRAN_KEEP_LEAST and DATABASE_URL_FILE (or the
credential `database-url`); without the last one the database is SQLite's in the data folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO
from urllib.parse import parse_qs, quote, unquote, urlsplit

BACKUPS = Path(os.environ.get("FAWRAN_BACKUPS", "/var/backups/fawran"))
DATA = Path(os.environ.get("FAWRAN_DATA_DIR", "/var/lib/fawran"))
RELEASE = Path(os.environ.get("FAWRAN_RELEASE", "/opt/fawran/current"))
KEEP_DAYS = int(os.environ.get("FAWRAN_KEEP_DAYS", "14"))
KEEP_LEAST = int(os.environ.get("FAWRAN_KEEP_LEAST", "3"))

SQLITE = "database.sqlite3"
DUMP = "database.dump"
ENGINES = {SQLITE: "SQLite", DUMP: "PostgreSQL"}
DAY = 86_400
# A restore that the host's end has cut off may have left its schema behind.
PG_DUMP = ["pg_dump", "--format=custom", "--exclude-schema=restored"]
PSQL = ["psql", "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1"]


class RefusedError(Exception):
    """It cannot be done, and nothing was changed; the message says why."""


def main(arguments: list[str]) -> int:
    """Do as the arguments say; return the exit status, 1 with a line if that cannot be."""
    try:
        match arguments:
            case ["make"]:
                print(json.dumps(make()))
            case ["list"]:
                for path in archives():
                    print(f"{path.name}\t{path.stat().st_size}")
            case ["check", name]:
                with opened(find(name)):
                    print(f"{name} is whole, and can be restored here.")
            case ["restore", name]:
                restore(find(name))
                print(f"{name} is restored.")
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (RefusedError, OSError, sqlite3.Error, tarfile.TarError) as error:
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    return 0


def make() -> dict[str, object]:
    """Make an archive of what is there now; return what it is.

    The database comes first: files never change once they are written, so all that the dump
    knows is among them, but for what people deleted in these moments.
    """
    BACKUPS.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = datetime.now(UTC)
    path = BACKUPS / f"fawran-{made:%Y%m%dT%H%M%S%fZ}.tar"
    with folder() as aside:
        database = dump_to(aside)
        with tarfile.open(aside / "files.tar", "w") as tar:
            if files().is_dir():
                tar.add(files(), ".")
        told = {"made": made.isoformat(), "revision": revision(), "engine": ENGINES[database]}
        (aside / "manifest.json").write_text(json.dumps(told) + "\n")
        names = ["manifest.json", database, "files.tar"]
        sums = "".join(f"{digest(aside / name)}  {name}\n" for name in names)
        (aside / "SHA256SUMS").write_text(sums)
        whole = aside / "whole.tar"
        with tarfile.open(whole, "w") as tar:
            for name in ["SHA256SUMS", *names]:
                tar.add(aside / name, name)
        whole.rename(path)
    forget_old()
    return {"path": str(path), "bytes": path.stat().st_size, "sha256": digest(path), **told}


def restore(path: Path) -> None:
    """Put an archive in the place of what is there.

    Both parts are prepared under other names first; the database is then replaced in one step,
    and after it the files. A restored database that is not finished is never in that place.
    """
    with opened(path) as unpacked:
        new = DATA / "files.new"
        shutil.rmtree(new, ignore_errors=True)
        unpack(unpacked / "files.tar", new)
        new.chmod(0o750)  # the proxy may read what the application lets it hand out
        if postgresql():
            restore_dump(unpacked / DUMP)
        else:
            restore_sqlite(unpacked / SQLITE)
        replace_files(new)


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Unpack an archive, as long as the context lasts, into a folder of its own.

    Raises:
        RefusedError: it is damaged, of another database, or of a later release.
    """
    with folder() as unpacked:
        try:
            unpack(path, unpacked)
            sums = (unpacked / "SHA256SUMS").read_text().split()
        except (tarfile.TarError, OSError, UnicodeDecodeError, EOFError):
            raise RefusedError(
                f"{path.name} is damaged, or no backup: nothing was changed."
            ) from None
        expected = dict(zip(sums[1::2], sums[0::2], strict=False))
        for name, wanted in expected.items():
            if not (unpacked / name).is_file() or digest(unpacked / name) != wanted:
                raise RefusedError(f"{path.name} is damaged ({name}): nothing was changed.")
        held = next((name for name in ENGINES if name in expected), None)
        here = DUMP if postgresql() else SQLITE
        if held != here or "files.tar" not in expected:
            raise RefusedError(
                f"{path.name} has a database of {ENGINES.get(held or '', 'no kind')}, and this "
                f"deployment's is of {ENGINES[here]}: nothing was changed."
            )
        unknown = sorted(migrations_in(unpacked / held) - migrations_here())
        # Of a database that a later release has added to, and this one has served since.
        served_it = json.loads((unpacked / "manifest.json").read_text())["revision"] == revision()
        if unknown and not served_it:
            raise RefusedError(
                f"{path.name} is of a later release: this one does not know {', '.join(unknown)}. "
                "Deploy that release first. Nothing was changed."
            )
        yield unpacked


def unpack(archive: Path, into: Path) -> None:
    """Unpack files and folders into a folder, and nothing beside it.

    By hand, for the Python of Debian 12 has no filter for what an archive may hold: no links,
    no devices, no path that leads out, no other owner, and no rights of others.

    Raises:
        tarfile.TarError: it is damaged, or holds anything else.
    """
    with tarfile.open(archive) as tar:
        for member in tar:
            place = into / member.name
            if member.name.startswith("/") or ".." in Path(member.name).parts:
                raise tarfile.TarError(f"{member.name} leads out of the archive")
            if member.isdir():
                place.mkdir(parents=True, exist_ok=True)
                place.chmod(member.mode & 0o750 | 0o700)
                continue
            content = tar.extractfile(member) if member.isreg() else None
            if content is None:
                raise tarfile.TarError(f"{member.name} is neither a file nor a folder")
            place.parent.mkdir(parents=True, exist_ok=True)
            with content, place.open("wb") as file:
                shutil.copyfileobj(content, file)
            place.chmod(member.mode & 0o640 | 0o600)
            os.utime(place, (member.mtime, member.mtime))


def find(name: str) -> Path:
    """Return the archive of a name.

    Raises:
        RefusedError: there is none.
    """
    path = BACKUPS / Path(name).name
    if not path.is_file():
        raise RefusedError(f"{BACKUPS} has no {path.name}; fawran-backup list tells what it has.")
    return path


def archives() -> list[Path]:
    """Return all archives, the oldest first."""
    return sorted(BACKUPS.glob("fawran-*.tar"))


def forget_old() -> None:
    """Remove archives that are older than they are kept, but never the last few."""
    before = time.time() - KEEP_DAYS * DAY
    for path in archives()[: -KEEP_LEAST or None]:
        if path.stat().st_mtime < before:
            path.unlink()


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
        **{"PATH": os.environ.get("PATH", os.defpath), "PYTHONDONTWRITEBYTECODE": "1"},
        # It signs nothing, and answers nobody: the settings only want to be safe.
        **{"SECRET_KEY": secrets.token_urlsafe(64), "ALLOWED_HOSTS": "localhost"},
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


def replace_files(new: Path) -> None:
    """Put a folder in the place of the files; where that is a mount, its content."""
    old = files()
    if old.is_mount():
        for one in old.iterdir():
            shutil.rmtree(one) if one.is_dir() else one.unlink()
        for one in new.iterdir():
            shutil.move(one, old)
        new.rmdir()
        return
    aside = DATA / "files.old"
    shutil.rmtree(aside, ignore_errors=True)
    if old.exists():
        old.rename(aside)
    new.rename(old)
    shutil.rmtree(aside, ignore_errors=True)


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


def files() -> Path:
    """Return where what people upload lies."""
    return DATA / "files"


def revision() -> str:
    """Return which release is the current one."""
    return RELEASE.resolve().name


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder beside the archives for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix=".working-", dir=BACKUPS) as path:
        yield Path(path)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
