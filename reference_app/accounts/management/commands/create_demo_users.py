"""`manage.py create_demo_users`: create the users of the local demo."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from reference_app.accounts.demo import create_demo_users


class Command(BaseCommand):
    """Create the demo's users that are missing; fail outside the demo."""

    help = "Create the users of the local demo (FAWRAN_MODE=demo only)."

    def handle(self, *_args: object, **_options: object) -> None:
        """Create the users."""
        create_demo_users()
