"""`manage.py create_admin NAME`: an administrator, without a browser."""

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
    """Make somebody who may do everything; the password never stands in the arguments."""

    help = "Make an administrator. The password is asked for, or read from standard input."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take who it is."""
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the name that others read")

    def handle(self, *_args: object, **options: Any) -> None:
        """Make them."""
        user = User(username=options["username"], display_name=options["name"])
        password = _password()
        try:
            # All but the password's field, which is for its hash.
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
