"""`manage.py probe_people`: people for a probe that chats while a site is being updated.

They have no password, only sessions, which are printed; with what they wrote they are removed
when the probe is over.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat import conversations
from reference_app.chat.models import Conversation

PREFIX = "fawran-probe-"


class Command(BaseCommand):
    """Make them, or remove them."""

    help = "Make people and a room of theirs for a probe, and print their sessions; or remove them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what is to be done, and for how many."""
        parser.add_argument("act", choices=["open", "close"])
        parser.add_argument("number", type=int, nargs="?", default=2)

    def handle(self, *_args: Any, act: str, number: int, **_options: Any) -> None:
        """Do it; whoever an earlier probe has left goes first."""
        _remove()
        if act == "open":
            self.stdout.write(json.dumps(_make(max(2, number))))


@transaction.atomic
def _make(number: int) -> list[dict[str, Any]]:
    """Return them as the load generator reads them (benchmarks/generator/members.py)."""
    people = [User.objects.create_user(f"{PREFIX}{index}") for index in range(1, number + 1)]
    room = conversations.group_conversation(people[0], "Probe", [one.pk for one in people[1:]]).id
    made = []
    for one in people:
        client = Client()
        client.force_login(one)
        made.append(
            {
                "id": one.pk,
                "session": client.cookies["sessionid"].value,
                "csrf": "",
                "room": room,
            }
        )
    return made


@transaction.atomic
def _remove() -> None:
    people = User.objects.filter(username__startswith=PREFIX)
    for room in Conversation.objects.filter(owner__in=people):
        assert room.owner, "a group has one"
        conversations.delete_conversation(room.owner, room.pk)
    people.delete()
