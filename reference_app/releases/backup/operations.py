"""Make, check and restore archives, and keep them in a folder."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from reference_app.releases.backup.archive import extract_dump, verify_archive, write_archive
from reference_app.releases.backup.database import Database
from reference_app.releases.backup.errors import BackupError
from reference_app.releases.backup.manifest import Manifest
from reference_app.releases.backup.release import known_migrations, unknown_migrations
from reference_app.releases.backup.uploads import add_uploads, list_uploads, remove_other_uploads
from reference_app.runtime import durable

DAY_SECONDS = 86_400
_WORKING = ".working-"


@dataclass(frozen=True)
class Site:
    """What is backed up, where the archives are, and how long they are kept.

    Archives that were made or checked more than ``keep_days`` ago are removed, except the last
    ``keep_least``.
    """

    database: Database
    uploads: Path
    archives: Path
    keep_days: int
    keep_least: int


@contextmanager
def exclusive_folder(site: Site) -> Iterator[Path]:
    """Create a temporary folder next to the archives, and let other operations wait meanwhile."""
    site.archives.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (site.archives / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in site.archives.glob(f"{_WORKING}*"):
            shutil.rmtree(left)  # of an operation that was killed
        with tempfile.TemporaryDirectory(prefix=_WORKING, dir=site.archives) as folder:
            yield Path(folder)


def make_archive(site: Site, folder: Path) -> tuple[Path, Manifest]:
    """Create an archive in the folder of archives, and remove old ones."""
    partial = folder / "archive.tar"
    with partial.open("xb") as stream:
        manifest = write_site(site, folder, stream)
    path = site.archives / f"fawran-{manifest.made:%Y%m%dT%H%M%S%fZ}.tar"
    durable.replace(partial, path)
    _remove_old(site)
    return path, manifest


def write_site(site: Site, folder: Path, stream: IO[bytes]) -> Manifest:
    """Write an archive to a stream.

    The database is dumped first. Uploads do not change, so the archive contains all that the dump
    refers to, except those that users delete meanwhile.
    """
    dump = folder / "database"
    made = datetime.now(UTC)
    manifest = Manifest(
        made=made,
        engine=site.database.engine,
        engine_version=site.database.version,
        migrations=site.database.dump(dump),
        known=tuple(sorted(known_migrations())),
    )
    write_archive(stream, manifest, dump, list_uploads(site.uploads))
    stream.flush()
    return manifest


def list_archives(site: Site) -> list[Path]:
    """Return all archives, oldest first."""
    return sorted(site.archives.glob("fawran-*.tar"))


def find_archive(site: Site, name: str) -> Path:
    """Return the archive with a name.

    Raises:
        BackupError: there is none.
    """
    path = site.archives / Path(name).name
    if not path.is_file():
        raise BackupError(f"{site.archives} has no {path.name}; the command list prints all names.")
    return path


def check_archive(site: Site, path: Path) -> Manifest:
    """Check that an archive is complete, and that it can be restored here.

    Raises:
        BackupError: it cannot; the message contains the reason.
    """
    manifest = verify_archive(path)
    here = site.database
    if manifest.engine is not here.engine:
        raise BackupError(
            f"{path.name} has a database of {manifest.engine}, and this deployment's is of "
            f"{here.engine}: nothing was changed."
        )
    if manifest.engine_version > here.version:
        raise BackupError(
            f"{path.name} has a database of {manifest.engine} {manifest.engine_version}, and this "
            f"deployment has {here.version}: nothing was changed."
        )
    unknown = unknown_migrations(manifest.migrations)
    # A later release may have migrated the database before this release made the archive.
    if unknown and not known_migrations().issuperset(manifest.known):
        raise BackupError(
            f"{path.name} is of a later release: this one does not know {', '.join(unknown)}. "
            "Deploy that release first. Nothing was changed."
        )
    # The backup that is made before a restore must not remove the archive to restore.
    path.touch()
    return manifest


def restore_archive(site: Site, folder: Path, path: Path) -> None:
    """Replace the database and the uploads by those of an archive.

    The new database is prepared next to the current one, and the uploads are added to the current
    ones. Then the database is replaced in one step: before it the site is as it was, after it the
    site is restored. Last, the uploads that only the previous database had are removed.

    Raises:
        BackupError: the archive cannot be restored, and nothing has changed.
    """
    manifest = check_archive(site, path)
    dump = extract_dump(path, manifest, folder)
    try:
        site.database.load(dump, folder)
        names = add_uploads(path, site.uploads)
        site.database.replace()
    except BaseException:
        site.database.discard()
        raise
    remove_other_uploads(site.uploads, names)


def _remove_old(site: Site) -> None:
    before = time.time() - site.keep_days * DAY_SECONDS
    for path in list_archives(site)[: -site.keep_least or None]:
        if path.stat().st_mtime < before:
            path.unlink()
