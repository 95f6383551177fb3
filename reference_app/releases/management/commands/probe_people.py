"""`manage.py probe_people`: create users for a probe that chats while a site is being updated.

The users have no password, only sessions, which are printed. They and their messages are removed
when the probe is over.
"""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat.models import Conversation
from reference_app.chat.store import conversations

PREFIX = "fawran-probe-"


class Command(BaseCommand):
    """Creates the users of a probe, or removes them."""

    help = "Make people and a room of theirs for a probe, and print their sessions; or remove them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Accept the action, and the number of users."""
        parser.add_argument("act", choices=["open", "close"])
        parser.add_argument("number", type=int, nargs="?", default=2)

    def handle(self, *_args: Any, act: str, number: int, **_options: Any) -> None:
        """Remove the users of an earlier probe; then, for ``open``, create new ones."""
        _remove_users()
        if act == "open":
            self.stdout.write(json.dumps(_create_users(max(2, number))))


@transaction.atomic
def _create_users(number: int) -> list[dict[str, Any]]:
    """Create the users; return them as benchmarks/generator/members.py reads them."""
    people = [User.objects.create_user(f"{PREFIX}{index}") for index in range(1, number + 1)]
    room = conversations.group_conversation(people[0], "Probe", [one.pk for one in people[1:]]).id
    created = []
    for one in people:
        client = Client()
        client.force_login(one)
        created.append(
            {
                "id": one.pk,
                "session": client.cookies["sessionid"].value,
                "csrf": "",
                "room": room,
            }
        )
    return created


@transaction.atomic
def _remove_users() -> None:
    people = User.objects.filter(username__startswith=PREFIX)
    for room in Conversation.objects.filter(owner__in=people):
        assert room.owner, "a group has one"
        conversations.delete_conversation(room.owner, room.pk)
    people.delete()
