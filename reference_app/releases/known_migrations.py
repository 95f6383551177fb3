"""Find which migrations another release of this application knows, from its folder."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import CommandError
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader

Node = tuple[str, str]
_FOLDERS = ("reference_app/*/migrations", "venv/lib/python3*/site-packages/*/migrations")
"""The folders of a release's own migrations, and of those of its libraries, such as django-axes."""


def known_to(release: Path) -> set[Node]:
    """Return the migrations of the release in a folder, as pairs of application and name.

    Raises:
        CommandError: there is no release in the folder.
    """
    found = {
        (path.parent.parent.name, path.stem)
        for folder in _FOLDERS
        for path in release.glob(f"{folder}/[0-9]*.py")
    }
    if not found:
        raise CommandError(f"{release} has no release in it.")
    return found


def unknown_to(release: Path, loader: MigrationLoader) -> list[Migration]:
    """Return the applied migrations that a release does not know, in the order of applying."""
    known = known_to(release)
    ours = {app for app, _name in known}
    unknown = {node for node in loader.applied_migrations if node[0] in ours and node not in known}
    ordered: list[Node] = []
    for node in sorted(unknown):
        ordered += [
            one for one in loader.graph.forwards_plan(node) if one in unknown and one not in ordered
        ]
    return [loader.disk_migrations[node] for node in ordered]


def newest_known(release: Path, loader: MigrationLoader) -> list[tuple[str, str | None]]:
    """Return the newest migration that a release knows of each application that is ahead of it.

    The name is None if the release knows none of that application.
    """
    known = known_to(release)
    ahead = {migration.app_label for migration in unknown_to(release, loader)}
    return [
        (app, max((name for other, name in known if other == app), default=None))
        for app in sorted(ahead)
    ]
