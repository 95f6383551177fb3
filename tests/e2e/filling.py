"""Puts into the demo's database what nobody could type, in a process of its own."""

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

from reference_app.config.environment import ROOT
from tests.launch import user_environment

TOGETHER = 200


def fill(
    data_dir: Path, title: str, people: Sequence[str], *, messages: int, guests: int = 0
) -> None:
    """Make a group of these people and guests, with messages of the first, read by the others."""
    subprocess.run(
        [
            *(sys.executable, "-m", "tests.e2e.filling", title, *people),
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


def text_of(number: int) -> str:
    """Return a text of its own length for each number."""
    return f"{number}: " + "word " * (number * 7 % 40)


def main() -> None:
    """Do what the command line says, to the database that the environment names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("title")
    parser.add_argument("people", nargs="+")
    parser.add_argument("--messages", type=int, default=0)
    parser.add_argument("--guests", type=int, default=0)
    wanted = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "reference_app.config.settings")
    django.setup()
    # Models can be imported only after Django's set-up.
    from reference_app.accounts.models import User  # noqa: PLC0415
    from reference_app.chat import conversations, store  # noqa: PLC0415

    people = [User.objects.get(username=name) for name in wanted.people]
    guests = User.objects.bulk_create(
        User(username=f"guest-{number}-{secrets.token_hex(4)}", display_name=f"Guest {number}")
        for number in range(wanted.guests)
    )
    others = [one.pk for one in (*people[1:], *guests)]
    group = conversations.group_conversation(people[0], wanted.title, others).id
    numbers = range(1, wanted.messages + 1)
    for start in range(0, wanted.messages, TOGETHER):
        store.append_messages(
            [
                store.Draft(people[0], group, uuid4(), text_of(number))
                for number in numbers[start : start + TOGETHER]
            ]
        )
    for reader in people:
        store.append_read(reader, group, wanted.messages)


if __name__ == "__main__":
    main()
