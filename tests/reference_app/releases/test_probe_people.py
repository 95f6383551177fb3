"""The users of the deploy probe: sessions sign them in; closing removes them with their room."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat.models import Conversation
from reference_app.chat.store import conversations

pytestmark = pytest.mark.django_db


def open_people(number: int) -> list[dict[str, object]]:
    output = StringIO()
    call_command("probe_people", "open", str(number), stdout=output)
    found: list[dict[str, object]] = json.loads(output.getvalue())
    return found


def test_they_share_a_room_and_are_signed_in() -> None:
    people = open_people(3)
    assert len({one["id"] for one in people}) == 3
    (room,) = {one["room"] for one in people}
    assert Conversation.objects.get(pk=room).memberships.count() == 3
    client = Client()
    client.cookies["sessionid"] = str(people[0]["session"])
    assert client.get("/api/me").json()["id"] == people[0]["id"]
    assert not User.objects.get(pk=people[0]["id"]).has_usable_password()


def test_they_are_removed_with_their_room_and_nobody_else_is() -> None:
    other = User.objects.create_user("amal")
    people = open_people(2)
    mine = conversations.group_conversation(other, "Ours", [int(str(people[0]["id"]))]).id
    call_command("probe_people", "close", stdout=StringIO())
    assert list(User.objects.values_list("username", flat=True)) == ["amal"]
    assert list(Conversation.objects.values_list("pk", flat=True)) == [mine]


def test_those_of_an_interrupted_probe_are_removed_first() -> None:
    open_people(4)
    open_people(2)
    assert User.objects.count() == 2
