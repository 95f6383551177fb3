"""`manage.py finish_restore`: make a restored database safe to serve."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from reference_app.releases.restores import finish_restore, next_epoch_begins


class Command(BaseCommand):
    """Finishes a restore. Run it on the restored, migrated database before it replaces another."""

    help = (
        "Raise every epoch, end every session, give no id out again, and give the site a prefix "
        "of its own in Redis."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Finish the restore, and print what was done.

        Raises:
            ImproperlyConfigured: the clock is wrong.
        """
        done = finish_restore(timezone.now())
        remaining = (next_epoch_begins(done.epoch) - timezone.now()).total_seconds()
        # The next restore must have another epoch, even if it follows at once.
        time.sleep(max(0.0, remaining))
        self.stdout.write(
            f"{done.conversations} conversations begin afresh; {done.sessions} sessions ended."
        )
