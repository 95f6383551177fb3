"""Store files on the disk, under random names, in a folder that no server publishes by itself.

A file is written under a temporary name and renamed when it is complete, so that a file with its
final name is always complete. This module does not check who may read a file: queries/files.py
does, from the database.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from reference_app.protocol import ErrorCode, Refused
from reference_app.runtime import durable

NAME_BYTES = 16
GRACE_SECONDS = 3_600
"""Seconds for which a file may exist without a row: it is stored before its row."""

_PREVIEW = ".preview"
_ASIDE = ".part"
_SUFFIXES = ("", _PREVIEW, _ASIDE, _PREVIEW + _ASIDE)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: OSError) -> bool:
    """Return whether an error means that there is no room left on the disk."""
    return error.errno in _FULL


def no_room() -> Refused:
    """Return the refusal for a file for which there is no room."""
    return Refused(ErrorCode.NO_ROOM, "The server has no room left for files.")


def keep(chunks: Iterable[bytes], preview: bytes | None) -> str:
    """Store a file, and its preview if it has one; return its new name.

    Raises:
        Refused: there is no room left; nothing is stored.
    """
    name = secrets.token_hex(NAME_BYTES)
    try:
        _write(path_of(name), chunks)
        if preview is not None:
            _write(path_of(name, preview=True), [preview])
    except BaseException as error:
        remove([name])
        if isinstance(error, OSError) and is_full(error):
            raise no_room() from None
        raise
    return name


def path_of(name: str, *, preview: bool = False) -> Path:
    """Return the path of a file, or of its preview."""
    return _folder() / name[:2] / (name + _PREVIEW if preview else name)


def remove(names: Iterable[str]) -> None:
    """Remove files, their previews and their temporary files; ignore those that do not exist."""
    for name in names:
        for suffix in _SUFFIXES:
            (_folder() / name[:2] / (name + suffix)).unlink(missing_ok=True)


def settled() -> Iterator[str]:
    """Yield the name of each file that is older than GRACE."""
    before = time.time() - GRACE_SECONDS
    for path in _folder().glob("??/*"):
        try:
            if path.stat().st_mtime < before:
                yield path.name.partition(".")[0]
        except FileNotFoundError:
            continue  # removed meanwhile


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    partial = path.with_name(path.name + _ASIDE)
    durable.make_folder(partial.parent, 0o750)
    # For the owner, and for the group of a proxy that serves files itself.
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
    # A power cut must not leave the row without its file: the row is stored after this.
    durable.replace(partial, path)


def _folder() -> Path:
    folder: Path = settings.ENVIRONMENT.files_dir
    return folder
