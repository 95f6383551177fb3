"""Fill a new database with crowds: users in rooms, signed in.

This runs in a process of its own (`python -m benchmarks.run.seed`), because it loads Django.
The users have no password. Their Django sessions are created here, because the benchmark does
not measure signing in.
"""

from __future__ import annotations

import argparse
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.utils.crypto import get_random_string

from benchmarks.generator.members import Member, write_crowd

if TYPE_CHECKING:
    from reference_app.accounts.models import User

BATCH = 500


def main() -> None:
    """Migrate the database, create the crowds, and write their members to files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run.seed")
    parser.add_argument(
        "--crowd",
        nargs=3,
        action="append",
        required=True,
        metavar=("USERS", "ROOM_SIZE", "OUT"),
        help="so many users in rooms of so many; may be repeated",
    )
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reference_app.config.settings")
    django.setup()

    from django.core.management import call_command
    from django.db import transaction

    call_command("migrate", verbosity=0)
    for users, room_size, out in options.crowd:
        with transaction.atomic():
            crowd = _create(int(users), int(room_size))
        write_crowd(Path(out), crowd)


def _create(count: int, room_size: int) -> list[Member]:
    """Create the users and the rooms of a crowd."""
    from reference_app.accounts.models import User
    from reference_app.chat.models import Conversation, Membership

    first = User.objects.count()
    users = User.objects.bulk_create(
        (
            User(
                username=f"member{number:05}",
                display_name=f"Member {number}",
                password="!",  # noqa: S106 - Django's prefix of an unusable password
            )
            for number in range(first, first + count)
        ),
        batch_size=BATCH,
    )
    rooms = Conversation.objects.bulk_create(
        Conversation(kind=Conversation.Kind.GROUP, title=f"Room {number}")
        for number in range(count // room_size)
    )
    placed = [(user, rooms[number // room_size]) for number, user in enumerate(users)]
    Membership.objects.bulk_create(
        (Membership(conversation=room, user=user) for user, room in placed), batch_size=BATCH
    )
    sessions = _sign_in(users)
    return [
        Member(id=user.pk, session=sessions[user.pk], csrf=get_random_string(32), room=room.pk)
        for user, room in placed
    ]


def _sign_in(users: list[User]) -> dict[int, str]:
    """Store a session for each user, as signing in does; return the session keys by user id."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    store = SessionStore()
    expires = timezone.now() + timedelta(days=1)
    keys = {user.pk: get_random_string(32) for user in users}
    Session.objects.bulk_create(
        (
            Session(
                session_key=keys[user.pk],
                session_data=store.encode(
                    {
                        SESSION_KEY: str(user.pk),
                        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                        HASH_SESSION_KEY: user.get_session_auth_hash(),
                    }
                ),
                expire_date=expires,
            )
            for user in users
        ),
        batch_size=BATCH,
    )
    return keys


if __name__ == "__main__":
    main()
