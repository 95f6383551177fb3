"""Files on the disk: under random names, outside of what is served by itself.

A file is written aside and renamed when it is whole, so that what has its name is complete.
Nothing here knows who may read it: that is asked of the database (files.py).
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings

from reference_app.chat.protocol import ErrorCode, Refused

NAME_BYTES = 16
GRACE = 3_600
"""Seconds for which a file may lie there without a row: it is stored before its row is."""

_PREVIEW = ".preview"
_ASIDE = ".part"
_SUFFIXES = ("", _PREVIEW, _ASIDE, _PREVIEW + _ASIDE)
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def is_full(error: OSError) -> bool:
    """Return whether an error says that there is no room left."""
    return error.errno in _FULL


def no_room() -> Refused:
    """Return the refusal of what there is no room for."""
    return Refused(ErrorCode.NO_ROOM, "The server has no room left for files.")


def keep(chunks: Iterable[bytes], preview: bytes | None) -> str:
    """Store a file, and its preview if it has one; return the name it has from now on.

    Raises:
        Refused: there is no room left; nothing of it stays behind.
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
    """Return where a file, or its preview, lies."""
    return _folder() / name[:2] / (name + _PREVIEW if preview else name)


def remove(names: Iterable[str]) -> None:
    """Remove files with all that belongs to them; it does not matter if they are gone."""
    for name in names:
        for suffix in _SUFFIXES:
            (_folder() / name[:2] / (name + suffix)).unlink(missing_ok=True)


def settled() -> Iterator[str]:
    """Yield the name of each file that has lain there for longer than the grace."""
    before = time.time() - GRACE
    for path in _folder().glob("??/*"):
        try:
            if path.stat().st_mtime < before:
                yield path.name.partition(".")[0]
        except FileNotFoundError:
            continue  # removed meanwhile


def _write(path: Path, chunks: Iterable[bytes]) -> None:
    aside = path.with_name(path.name + _ASIDE)
    aside.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    # For the owner, and for the group of a proxy that serves files itself.
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        # Its row must not outlive a power cut that it does not.
        os.fsync(file.fileno())
    aside.replace(path)


def _folder() -> Path:
    folder: Path = settings.ENVIRONMENT.files_dir
    return folder
