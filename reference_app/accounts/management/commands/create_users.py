"""`manage.py create_users`: create users from lines, so that no password is an argument."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from reference_app.accounts.models import User


class Command(BaseCommand):
    """Create the missing users from standard input: lines of 'username password'."""

    help = "Create users from lines of 'username password' on standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add --admin."""
        parser.add_argument("--admin", action="store_true", help="give them all permissions")

    @transaction.atomic
    def handle(self, *_args: object, admin: bool, **_options: object) -> None:
        """Create all of them, or none.

        Raises:
            CommandError: a line is invalid, or a name or password is not accepted.
        """
        created = 0
        for username, password in _pairs(sys.stdin):
            if User.objects.filter(username=username).exists():
                self.stdout.write(f"{username} is here already.")
                continue
            user = User(username=username, is_staff=admin, is_superuser=admin)
            user.set_password(password)
            try:
                user.full_clean()
                validate_password(password, user)
            except ValidationError as error:
                raise CommandError(f"{username}: {' '.join(error.messages)}") from None
            user.save()
            created += 1
        self.stdout.write(f"{created} created.")


def _pairs(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            username, password = line.split(maxsplit=1)
        except ValueError:
            raise CommandError(f"Line {number} is not 'username password'.") from None
        yield username, password.strip()
