"""Presence: who is online among the people of shared conversations, and what a profile shows."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from reference_app.accounts.models import User
from reference_app.chat.queries import presence
from reference_app.chat.queries.people import load_profile
from reference_app.chat.queries.presence import ONLINE_FOR
from reference_app.protocol import ErrorCode, Refused
from tests.builders import person, room

pytestmark = pytest.mark.django_db


def set_last_seen(user: User, ago: timedelta) -> None:
    User.objects.filter(pk=user.pk).update(last_seen=timezone.now() - ago)


def test_online_people_are_those_of_shared_conversations() -> None:
    ann, bob, carol, stranger = (person() for _ in range(4))
    room(ann, bob, carol)
    room(ann, bob)
    for here in (bob, stranger):
        presence.record_presence(here)
    assert presence.record_presence(ann).online == [bob.pk]
    assert presence.record_presence(bob).online == [ann.pk]


def test_a_user_who_has_not_reported_for_a_while_is_offline() -> None:
    ann, bob = person(), person()
    room(ann, bob)
    set_last_seen(bob, ONLINE_FOR + timedelta(seconds=1))
    assert presence.record_presence(ann).online == []
    set_last_seen(bob, ONLINE_FOR - timedelta(seconds=5))
    assert presence.record_presence(ann).online == [bob.pk]


def test_reports_of_several_tabs_are_written_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ann = person()
    presence.record_presence(ann)
    first = User.objects.get(pk=ann.pk).last_seen
    with django_assert_num_queries(3):
        presence.record_presence(ann)
    assert User.objects.get(pk=ann.pk).last_seen == first


def test_a_page_reports_presence_over_http_whatever_its_transport() -> None:
    ann = person()
    client = Client()
    assert client.post("/api/presence").status_code == 401
    client.force_login(ann)
    answer = client.post("/api/presence")
    assert (answer.status_code, answer.json()["online"]) == (200, [])


def test_a_profile_has_the_person_and_the_shared_conversations() -> None:
    ann, bob, carol = person(), person(display_name="Bob", about="Night shift"), person()
    shared = room(ann, bob)
    room(ann, carol)
    found = load_profile(ann, bob.pk)
    assert (found.person.name, found.about) == ("Bob", "Night shift")
    assert [one.id for one in found.shared] == [shared]
    assert (found.online, found.last_seen) == (False, None)
    presence.record_presence(bob)
    found = load_profile(ann, bob.pk)
    assert found.online
    assert found.last_seen


def test_there_is_no_profile_of_an_unknown_or_disabled_user() -> None:
    ann, gone = person(), person(is_active=False)
    for id_ in (gone.pk, gone.pk + 1000):
        with pytest.raises(Refused) as refused:
            load_profile(ann, id_)
        assert refused.value.code is ErrorCode.NOT_FOUND
