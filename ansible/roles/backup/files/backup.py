#!/usr/bin/python3
"""Back up and restore the chat's database and files in one archive with checksums.

    fawran-backup make             create an archive, print it as JSON, remove old archives
    fawran-backup list             list the archives with their sizes
    fawran-backup check NAME       check that an archive is complete and can be restored here
    fawran-backup restore NAME     restore an archive; no process of the chat may run

An archive contains SHA256SUMS, manifest.json, files.tar, and database.dump (PostgreSQL) or
database.sqlite3. The script needs only Python's standard library. Its settings are environment
variables: FAWRAN_BACKUPS, FAWRAN_DATA_DIR, FAWRAN_RELEASE, FAWRAN_KEEP_DAYS, FAWRAN_KEEP_LEAST and
DATABASE_URL_FILE (or the credential `database-url`). Without a database URL the database is the
SQLite file in the data folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from backup_database import (
    DATA,
    DUMP,
    RELEASE,
    SQLITE,
    RefusedError,
    dump_to,
    migrations_here,
    migrations_in,
    postgresql,
    restore_database,
)

BACKUPS = Path(os.environ.get("FAWRAN_BACKUPS", "/var/backups/fawran"))
KEEP_DAYS = int(os.environ.get("FAWRAN_KEEP_DAYS", "14"))
KEEP_LEAST = int(os.environ.get("FAWRAN_KEEP_LEAST", "3"))

ENGINES = {SQLITE: "SQLite", DUMP: "PostgreSQL"}
DAY = 86_400


def main(arguments: list[str]) -> int:
    """Run a command; return the exit status, 1 after printing the reason of a failure."""
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
    """Create an archive of the current data; return its path, size, checksum and manifest.

    The database is dumped first. Files never change once they are written, so the archive contains
    all files that the dump refers to, except those that users delete meanwhile.
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
    """Replace the current data by an archive.

    Both parts are first prepared under other names. Then the database is replaced in one step, and
    after it the files. The current database is never replaced by one that is not finished.
    """
    with opened(path) as unpacked:
        new = DATA / "files.new"
        shutil.rmtree(new, ignore_errors=True)
        unpack(unpacked / "files.tar", new)
        new.chmod(0o750)  # the proxy reads the files that it serves for the application
        restore_database(unpacked)
        replace_files(new)


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """Unpack an archive into a temporary folder, and check it.

    Raises:
        RefusedError: the archive is damaged, of another database, or of a later release.
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
        # A later release may have migrated the database before this release made the archive.
        served_it = json.loads((unpacked / "manifest.json").read_text())["revision"] == revision()
        if unknown and not served_it:
            raise RefusedError(
                f"{path.name} is of a later release: this one does not know {', '.join(unknown)}. "
                "Deploy that release first. Nothing was changed."
            )
        yield unpacked


def unpack(archive: Path, into: Path) -> None:
    """Unpack the files and folders of an archive into a folder, and write nothing outside it.

    The Python of Debian 12 has no extraction filter, so this code refuses links, devices and paths
    that lead outside, and drops owners and the permissions of others.

    Raises:
        tarfile.TarError: the archive is damaged, or contains anything else.
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
    """Return the archive with a name.

    Raises:
        RefusedError: there is no such archive.
    """
    path = BACKUPS / Path(name).name
    if not path.is_file():
        raise RefusedError(f"{BACKUPS} has no {path.name}; fawran-backup list tells what it has.")
    return path


def archives() -> list[Path]:
    """Return all archives, oldest first."""
    return sorted(BACKUPS.glob("fawran-*.tar"))


def forget_old() -> None:
    """Remove archives older than KEEP_DAYS, but always keep the last KEEP_LEAST."""
    before = time.time() - KEEP_DAYS * DAY
    for path in archives()[: -KEEP_LEAST or None]:
        if path.stat().st_mtime < before:
            path.unlink()


def replace_files(new: Path) -> None:
    """Replace the files folder by another one; if it is a mount point, replace its content."""
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


def files() -> Path:
    """Return the folder of uploaded files."""
    return DATA / "files"


def revision() -> str:
    """Return the name of the current release."""
    return RELEASE.resolve().name


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def folder() -> Iterator[Path]:
    """Create a temporary folder next to the archives."""
    with tempfile.TemporaryDirectory(prefix=".working-", dir=BACKUPS) as path:
        yield Path(path)


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
