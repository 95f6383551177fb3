"""`manage.py create_admin NAME`: create an administrator without a browser."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from reference_app.accounts.first_admin import make_administrator
from reference_app.accounts.models import User


class Command(BaseCommand):
    """Create a user with all permissions; the password is never an argument."""

    help = "Create an administrator. The password is asked for, or read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the username and the display name."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the name that others see")

    def handle(self, *_args: object, **options: Any) -> None:
        """Create the administrator."""
        user = User(username=options["username"], display_name=options["name"])
        password = _password()
        try:
            # The password field is excluded, because it is for the hash.
            user.full_clean(exclude=["password"])
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        make_administrator(user.username, password, user.display_name)
        self.stdout.write(f"{user.username} may sign in, and enter the admin site.")


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass("Password: ")
    if password != getpass("Password again: "):
        raise CommandError("The two passwords differ.")
    return password
