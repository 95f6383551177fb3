from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reference_app.accounts.models import User
from reference_app.chat import presence, reading
from reference_app.chat.presence import HERE_FOR
from reference_app.chat.protocol import ErrorCode, Refused
from tests.builders import person, room

pytestmark = pytest.mark.django_db


def was_here(user: User, ago: timedelta) -> None:
    User.objects.filter(pk=user.pk).update(last_seen=timezone.now() - ago)


def test_one_sees_who_is_here_of_those_one_shares_a_conversation_with() -> None:
    ann, bob, carol, stranger = (person() for _ in range(4))
    room(ann, bob, carol)
    room(ann, bob)
    for here in (bob, stranger):
        presence.note(here)
    assert presence.note(ann).online == [bob.pk]
    assert presence.note(bob).online == [ann.pk]


def test_who_has_not_said_so_for_a_while_is_not_here() -> None:
    ann, bob = person(), person()
    room(ann, bob)
    was_here(bob, HERE_FOR + timedelta(seconds=1))
    assert presence.note(ann).online == []
    was_here(bob, HERE_FOR - timedelta(seconds=5))
    assert presence.note(ann).online == [bob.pk]


def test_several_tabs_are_one_write(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ann = person()
    presence.note(ann)
    first = User.objects.get(pk=ann.pk).last_seen
    with django_assert_num_queries(3):
        presence.note(ann)
    assert User.objects.get(pk=ann.pk).last_seen == first


def test_a_page_says_so_over_http_whatever_its_transport() -> None:
    ann = person()
    client = Client()
    assert client.post("/api/presence").status_code == 401
    client.force_login(ann)
    answer = client.post("/api/presence")
    assert (answer.status_code, answer.json()["online"]) == (200, [])


def test_a_profile_tells_who_somebody_is_and_what_one_shares() -> None:
    ann, bob, carol = person(), person(display_name="Bob", about="Night shift"), person()
    shared = room(ann, bob)
    room(ann, carol)
    found = reading.profile(ann, bob.pk)
    assert (found.person.name, found.about) == ("Bob", "Night shift")
    assert [one.id for one in found.shared] == [shared]
    assert (found.online, found.last_seen) == (False, None)
    presence.note(bob)
    found = reading.profile(ann, bob.pk)
    assert found.online
    assert found.last_seen


def test_there_is_no_profile_of_nobody_or_of_who_is_disabled() -> None:
    ann, gone = person(), person(is_active=False)
    for id_ in (gone.pk, gone.pk + 1000):
        with pytest.raises(Refused) as refused:
            reading.profile(ann, id_)
        assert refused.value.code is ErrorCode.NOT_FOUND
