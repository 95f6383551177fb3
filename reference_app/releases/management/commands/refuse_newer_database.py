"""`manage.py refuse_newer_database`: fail if a later release has migrated the database."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.loader import MigrationLoader


class Command(BaseCommand):
    """Checks that this release knows every migration that is applied to the database."""

    help = "Fail if the database is of a later release than this one."

    def handle(self, *_args: object, **_options: object) -> None:
        """Fail if the database is newer than this release.

        Raises:
            ImproperlyConfigured: a migration is applied that this release does not have.
        """
        loader = MigrationLoader(connection)
        here = {app for app, _name in loader.disk_migrations}
        unknown = sorted(
            f"{app}.{name}"
            for app, name in set(loader.applied_migrations) - set(loader.disk_migrations)
            if app in here
        )
        if unknown:
            raise ImproperlyConfigured(
                f"The database is of a later release: this one does not know {', '.join(unknown)}. "
                "Start that release, or restore a backup from before."
            )
