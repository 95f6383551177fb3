"""Write files so that they survive a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Write a file's content, or a folder's names, to the disk.

    A new name survives a power cut only if its folder is written too (fsync(2)).
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(source: Path, target: Path) -> None:
    """Rename a file to a name in the same file system, replacing the file that has the name.

    After a power cut the name has the complete old file or the complete new one; after this
    function has returned, the new one.
    """
    sync(source)
    source.replace(target)
    sync(target.parent)


def make_folder(path: Path, mode: int) -> None:
    """Create a folder and its missing parents; names in it survive a power cut."""
    if not path.is_dir():
        make_folder(path.parent, mode)
        path.mkdir(mode, exist_ok=True)
    # Also for a folder that exists: another process may have created it just now.
    sync(path.parent)
