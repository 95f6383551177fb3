"""`manage.py sweep_files`: remove files that were not sent within a day or have no row."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from reference_app.chat.store.attachments import sweep


class Command(BaseCommand):
    """Removes the files. Run it once a day; it is harmless while the site is in use."""

    help = "Remove files that were uploaded and never sent, and those that no message has."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Remove the files, and print how many were removed."""
        self.stdout.write(f"{sweep()} files removed.")
