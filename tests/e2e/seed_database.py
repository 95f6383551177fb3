"""Stores large groups and many messages in the demo's database, in a separate process."""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import django

from reference_app.runtime.environment import ROOT
from tests.launch import user_environment

BATCH_SIZE = 200


def seed_group(
    data_dir: Path, title: str, people: Sequence[str], *, messages: int, guests: int = 0
) -> None:
    """Create a group of people and guests, with messages of the first person.

    All people have read the messages; the guests have not.
    """
    subprocess.run(
        [
            *(sys.executable, "-m", "tests.e2e.seed_database", title, *people),
            *("--messages", str(messages), "--guests", str(guests)),
        ],
        check=True,
        cwd=ROOT,
        env=user_environment(
            DJANGO_SETTINGS_MODULE="reference_app.config.settings",
            FAWRAN_MODE="demo",
            FAWRAN_DATA_DIR=str(data_dir),
            SECRET_KEY=secrets.token_urlsafe(64),
        ),
    )


def message_text(number: int) -> str:
    """Return the text of a numbered message. Lengths differ, as real texts do."""
    return f"{number}: " + "word " * (number * 7 % 40)


def main() -> None:
    """Store what the arguments name, in the database that the environment names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("title")
    parser.add_argument("people", nargs="+")
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--guests", type=int, default=0)
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reference_app.config.settings")
    django.setup()
    # Models can be imported only after Django's set-up.
    from reference_app.accounts.models import User  # noqa: PLC0415
    from reference_app.chat.records.draft import Draft  # noqa: PLC0415
    from reference_app.chat.store import conversations, messages, read_markers  # noqa: PLC0415

    people = [User.objects.get(username=name) for name in arguments.people]
    guests = User.objects.bulk_create(
        User(username=f"guest-{number}-{secrets.token_hex(4)}", display_name=f"Guest {number}")
        for number in range(arguments.guests)
    )
    others = [person.pk for person in (*people[1:], *guests)]
    group = conversations.group_conversation(people[0], arguments.title, others).id
    numbers = range(1, arguments.messages + 1)
    for start in range(0, arguments.messages, BATCH_SIZE):
        messages.append_messages(
            [
                Draft(people[0], group, uuid4(), message_text(number))
                for number in numbers[start : start + BATCH_SIZE]
            ]
        )
    for reader in people:
        read_markers.append_read(reader, group, arguments.messages)


if __name__ == "__main__":
    main()
