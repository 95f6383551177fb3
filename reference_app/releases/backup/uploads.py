"""Read and restore the uploaded files.

An upload has a random name, and does not change after it is written. So the uploads of a restored
database can be added while the current database still refers to others.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from reference_app.releases.backup.archive import read_uploads
from reference_app.runtime import durable

_PARTIAL = ".part"


def list_uploads(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the stored name and the path of each complete upload."""
    for path in sorted(folder.glob("??/*")):
        if path.suffix != _PARTIAL and path.is_file():
            yield f"{path.parent.name}/{path.name}", path


def add_uploads(archive: Path, folder: Path) -> frozenset[str]:
    """Write the uploads of an archive to the disk; return their names.

    If one cannot be written, those that were added are removed again.

    Raises:
        OSError: there is no room, for example.
    """
    names: set[str] = set()
    added: list[Path] = []
    try:
        for name, member, content in read_uploads(archive):
            path = folder / name
            if not path.exists():
                added.append(path)
            _write(path, member, content)
            names.add(name)
    except BaseException:
        for path in added:
            path.unlink(missing_ok=True)
        raise
    return frozenset(names)


def remove_other_uploads(folder: Path, keep: Collection[str]) -> None:
    """Remove the uploads that are not in a list."""
    for name, path in list_uploads(folder):
        if name not in keep:
            path.unlink(missing_ok=True)


def _write(path: Path, member: tarfile.TarInfo, content: IO[bytes]) -> None:
    if not path.parent.is_dir():
        durable.make_folder(path.parent, 0o750)
        # Despite the umask: the proxy reads the files that it serves for the application.
        path.parent.chmod(0o750)
    partial = path.with_name(path.name + _PARTIAL)
    try:
        with partial.open("wb") as file:
            shutil.copyfileobj(content, file)
        partial.chmod(member.mode & 0o640 | 0o600)
        os.utime(partial, (member.mtime, member.mtime))
        durable.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
