"""`manage.py migration_plan`: print, as JSON, what migrating to this release would mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from reference_app.releases.known_migrations import unknown_to
from reference_app.releases.schema_changes import judge, worst_back, worst_forward


class Command(BaseCommand):
    """Prints the plan, and changes nothing."""

    help = "Print what the due migrations would do to a site in use."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept --back-to."""
        parser.add_argument(
            "--back-to",
            type=Path,
            metavar="FOLDER",
            help="print instead what going back to the release in a folder would mean",
        )

    def handle(self, *_args: Any, back_to: Path | None, **_options: Any) -> None:
        """Print the plan."""
        executor = MigrationExecutor(connection)
        if back_to is None:
            due = [
                migration
                for migration, _backwards in executor.migration_plan(
                    executor.loader.graph.leaf_nodes()
                )
            ]
        else:
            due = unknown_to(back_to, executor.loader)
        judged = judge(
            (one, executor.loader.project_state((one.app_label, one.name), at_end=False))
            for one in due
        )
        report = {
            "forward": worst_forward(judged).name.lower(),
            "back": worst_back(judged).name.lower(),
            "migrations": [
                {
                    "name": migration.name,
                    "changes": [
                        {
                            "what": str(change.what),
                            "forward": change.forward.name.lower(),
                            "back": change.back.name.lower(),
                            "why": change.why,
                        }
                        for change in migration.changes
                    ],
                }
                for migration in judged
            ],
        }
        self.stdout.write(json.dumps(report))
