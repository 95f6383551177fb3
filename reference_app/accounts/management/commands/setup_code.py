"""`manage.py setup_code`: print the code with which the first administrator is created."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.urls import reverse

from reference_app.accounts import first_admin


class Command(BaseCommand):
    """Print the code that the first-run page asks for; print nothing if there are users."""

    help = "Print the code with which to create the first administrator, if there are no users."

    def handle(self, *_args: object, **_options: object) -> None:
        """Print it."""
        if first_admin.is_wanted():
            self.stdout.write(
                "Nobody can sign in yet. Make the first administrator at "
                f"{reverse('first_run')} of the site, within 24 hours, with this code:\n"
                f"  {first_admin.setup_code()}"
            )
