"""Back up and restore the chat's database and uploads.

    python -m reference_app.releases.backup make           create an archive, print it as JSON,
                                                           remove old archives
    python -m reference_app.releases.backup list           list the archives with their sizes
    python -m reference_app.releases.backup check NAME     check that an archive is complete and
                                                           can be restored here
    python -m reference_app.releases.backup restore NAME   restore an archive; no process of the
                                                           chat may run

`-` is the standard output of `make`, and the standard input of `check` and `restore`. The settings
are environment variables: FAWRAN_BACKUPS, FAWRAN_DATA_DIR, FAWRAN_FILES_DIR, FAWRAN_KEEP_DAYS,
FAWRAN_KEEP_LEAST and DATABASE_URL or DATABASE_URL_FILE. They need no secret but the database's URL.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
from pathlib import Path

from reference_app.releases.backup import operations
from reference_app.releases.backup.database import current_database
from reference_app.releases.backup.errors import BackupError
from reference_app.releases.backup.operations import Site
from reference_app.runtime.environment import ROOT

USAGE_STATUS = 2
ARGUMENTS = {"make": 1, "list": 1, "check": 2, "restore": 2}
"""The number of words of each command; only ``make -`` has one more."""


def main(arguments: list[str]) -> int:
    """Run a command; return the exit status, 1 after printing the reason of a failure."""
    if len(arguments) != ARGUMENTS.get("".join(arguments[:1])) and arguments != ["make", "-"]:
        print(__doc__, file=sys.stderr)
        return USAGE_STATUS
    try:
        site = read_site()
        with operations.exclusive_folder(site) as folder:
            _run(site, folder, arguments)
    except (BackupError, OSError, sqlite3.Error) as error:
        print(f"fawran: {error}", file=sys.stderr)
        return 1
    return 0


def _run(site: Site, folder: Path, arguments: list[str]) -> None:
    match arguments:
        case ["make"]:
            print(json.dumps(_make(site, folder)))
        case ["make", _]:
            operations.write_site(site, folder, sys.stdout.buffer)
        case ["list"]:
            for path in operations.list_archives(site):
                print(f"{path.name}\t{path.stat().st_size}")
        case ["check", name]:
            operations.check_archive(site, _archive(site, folder, name))
            print("The archive is complete, and can be restored here.")
        case ["restore", name]:
            operations.restore_archive(site, folder, _archive(site, folder, name))
            print("The archive is restored.")


def read_site() -> Site:
    """Return what is backed up, from the environment.

    Raises:
        BackupError: a variable is wrong, or PostgreSQL's programs are missing.
    """
    data = Path(os.environ.get("FAWRAN_DATA_DIR") or ROOT / "var").resolve()
    return Site(
        database=current_database(data),
        uploads=Path(os.environ.get("FAWRAN_FILES_DIR") or data / "files").resolve(),
        archives=Path(os.environ.get("FAWRAN_BACKUPS") or data / "backups").resolve(),
        keep_days=_whole_number("FAWRAN_KEEP_DAYS", 14),
        keep_least=_whole_number("FAWRAN_KEEP_LEAST", 3),
    )


def _whole_number(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal():
        raise BackupError(f"{name} is {text}: it is a whole number.")
    return int(text)


def _make(site: Site, folder: Path) -> dict[str, object]:
    path, manifest = operations.make_archive(site, folder)
    return {
        "path": str(path),
        "bytes": path.stat().st_size,
        "made": manifest.made.isoformat(),
        "engine": manifest.engine,
    }


def _archive(site: Site, folder: Path, name: str) -> Path:
    """Return an archive's path; one from the standard input is written to a folder."""
    if name != "-":
        return operations.find_archive(site, name)
    path = folder / "the archive"
    with path.open("xb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main(sys.argv[1:]))
