"""`manage.py refuse_newer_database`: fail where a later release has been at the database."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.loader import MigrationLoader


class Command(BaseCommand):
    """Check that this release knows every migration that the database has had."""

    help = "Fail if the database is of a later release than this one."

    def handle(self, *_args: object, **_options: object) -> None:
        """Check it.

        Raises:
            ImproperlyConfigured: it has had migrations that are not here.
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
