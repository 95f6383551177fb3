"""`manage.py create_demo_users`: the people of the local demo."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from reference_app.accounts.demo import create_demo_users


class Command(BaseCommand):
    """Create the demo's people where they are missing; refused outside the demo."""

    help = "Create the people of the local demo (FAWRAN_MODE=demo only)."

    def handle(self, *_args: object, **_options: object) -> None:
        """Create them."""
        create_demo_users()
