"""Remove files that nobody needs: never sent for a day, or unknown to the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from reference_app.chat.files import sweep


class Command(BaseCommand):
    """Run it once a day; it is harmless while the site is used."""

    help = "Remove files that were uploaded and never sent, and those that no message has."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Sweep, and say how many went."""
        self.stdout.write(f"{sweep()} files removed.")
