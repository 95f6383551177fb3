"""`manage.py migrate_back FOLDER`: undo the migrations that the release there does not know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from reference_app.releases.known_migrations import newest_known


class Command(BaseCommand):
    """Undoes migrations and loses the data they stored: see `migration_plan --back-to` first."""

    help = "Undo the migrations that the release in a folder does not know."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the folder."""
        parser.add_argument("release", type=Path, metavar="FOLDER")

    def handle(self, *_args: Any, release: Path, **_options: Any) -> None:
        """Undo the migrations, and print where each application is now."""
        for app, name in newest_known(release, MigrationLoader(connection)):
            call_command("migrate", app, name or "zero", verbosity=0)
            self.stdout.write(f"{app} is at {name or 'its beginning'}.")
