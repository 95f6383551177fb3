"""`manage.py refuse_demo_passwords`: fail if a demo password can be used to sign in."""

from __future__ import annotations

from django.core.management.base import BaseCommand

from reference_app.accounts.demo import refuse_demo_passwords


class Command(BaseCommand):
    """Check the database before it is served; every server checks again when it starts."""

    help = "Fail, in any mode but the demo, if the database contains a demo password."

    def handle(self, *_args: object, **_options: object) -> None:
        """Check the database."""
        refuse_demo_passwords()
