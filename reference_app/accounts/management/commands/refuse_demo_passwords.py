"""`manage.py refuse_demo_passwords`: fail where a demo password would let people in."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from reference_app.accounts.demo import refuse_demo_passwords


class Command(BaseCommand):
    """Check the database before serving it; every server checks again when it starts."""

    help = "Fail, in any mode but the demo, if the database has a demo password in it."

    def handle(self, *_args: object, **_options: object) -> None:
        """Check it."""
        refuse_demo_passwords()
