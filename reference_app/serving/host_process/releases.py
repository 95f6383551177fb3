"""The releases of a host: which one it serves, and the removal of old ones."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from reference_app.serving.host_process.paths import (
    HostPaths,
    replace_link,
    require_release,
    target_of,
)


def make_current(paths: HostPaths, release: Path) -> bool:
    """Make a release the current one, and the current one the previous; return whether it changed.

    Raises:
        HostError: the release is missing.
    """
    folder = require_release(release)
    current = target_of(paths.current)
    if current == folder:
        return False
    if current:
        replace_link(paths.previous, current)
    replace_link(paths.current, folder)
    return True


def remove_old(paths: HostPaths, keep: int) -> Iterator[Path]:
    """Remove all but the newest releases, and yield them; a release with a link to it stays."""
    linked = {target_of(link) for link in _links(paths)}
    folders = [path for path in paths.releases.iterdir() if path.is_dir() and not path.is_symlink()]
    folders.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for folder in folders[keep:]:
        if target_of(folder) not in linked:
            # First, so that a removal that fails halfway leaves no release that seems complete.
            (folder / "complete").unlink(missing_ok=True)
            shutil.rmtree(folder)
            yield folder


def _links(paths: HostPaths) -> list[Path]:
    return [paths.current, paths.previous, *paths.processes.iterdir()]
