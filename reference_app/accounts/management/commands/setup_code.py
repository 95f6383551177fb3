"""`manage.py setup_code`: how the first administrator is made, as long as there is none."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.urls import reverse

from reference_app.accounts import first_admin


class Command(BaseCommand):
    """Tell the code that the first-run page asks for; nothing where there is somebody."""

    help = "Tell the code by which the first administrator is made, if there is nobody yet."

    def handle(self, *_args: object, **_options: object) -> None:
        """Tell it."""
        if first_admin.is_wanted():
            self.stdout.write(
                "Nobody can sign in yet. Make the first administrator at "
                f"{reverse('first_run')} of the site, within 24 hours, with this code:\n"
                f"  {first_admin.setup_code()}"
            )
