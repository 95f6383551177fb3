"""People for a probe: they are let in by their sessions, and leave nothing behind."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat import conversations
from reference_app.chat.models import Conversation

pytestmark = pytest.mark.django_db


def opened(number: int) -> list[dict[str, object]]:
    told = StringIO()
    call_command("probe_people", "open", str(number), stdout=told)
    found: list[dict[str, object]] = json.loads(told.getvalue())
    return found


def test_they_share_a_room_and_are_signed_in() -> None:
    people = opened(3)
    assert len({one["id"] for one in people}) == 3
    (room,) = {one["room"] for one in people}
    assert Conversation.objects.get(pk=room).memberships.count() == 3
    client = Client()
    client.cookies["sessionid"] = str(people[0]["session"])
    assert client.get("/api/me").json()["id"] == people[0]["id"]
    assert not User.objects.get(pk=people[0]["id"]).has_usable_password()


def test_they_go_with_their_room_and_nobody_else_does() -> None:
    other = User.objects.create_user("amal")
    people = opened(2)
    mine = conversations.group_conversation(other, "Ours", [int(str(people[0]["id"]))]).id
    call_command("probe_people", "close", stdout=StringIO())
    assert list(User.objects.values_list("username", flat=True)) == ["amal"]
    assert list(Conversation.objects.values_list("pk", flat=True)) == [mine]


def test_those_of_a_probe_that_was_cut_off_go_first() -> None:
    opened(4)
    opened(2)
    assert User.objects.count() == 2
