"""The states of conversations: the same alone, among all, and for several readers at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from reference_app.accounts.models import User
from reference_app.chat import conversation_states, reading, store
from reference_app.chat.first_syncs import FirstSyncs
from tests.builders import person, room, said
from tests.reference_app.chat.varied_site import Site, varied_site


@pytest.fixture
def site() -> Site:
    return varied_site()


@pytest.mark.django_db
def test_a_state_is_the_same_alone_and_among_all(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in site.people:
        states = reading.conversations(user)
        assert [reading.conversation(user, one.id) for one in states] == states
        assert reading.sync(user, "").reset == states
        monkeypatch.setattr(conversation_states, "MAX_LISTED", 1)
        assert conversation_states.states_of(user, [one.id for one in states[1:]]) == states[1:]
        monkeypatch.undo()


@pytest.mark.django_db
def test_members_and_senders_are_named_as_everywhere(site: Site) -> None:
    expected = [one.as_person() for one in site.people]
    assert [one.name for one in expected] == ["Ann", "Bob", "Cem Can", "Day", "eve"]
    for state in reading.conversations(site.people[1]):
        assert [one for one in expected if one in state.members] == state.members
        if state.last_message:
            assert state.last_message.actor in expected


@pytest.mark.django_db
def test_who_has_read_everything_is_not_asked_for_mentions(
    site: Site, django_assert_num_queries: Any
) -> None:
    eve = site.people[4]
    plain = room(eve, site.people[0])
    said(site.people[0], plain, "hello")
    with django_assert_num_queries(4):  # memberships, members, last message, mentions
        reading.conversation(eve, plain)
    store.append_read(eve, plain, 1)
    with django_assert_num_queries(3):
        reading.conversation(eve, plain)


@pytest.mark.django_db
def test_first_syncs_of_several_are_those_of_each(site: Site) -> None:
    stranger = person()
    users = [*site.people, stranger]
    assert reading.first_syncs(users) == {user: reading.sync(user, "") for user in users}


@pytest.mark.django_db
def test_first_syncs_read_what_people_share_once(django_assert_num_queries: Any) -> None:
    people = [person() for _ in range(8)]
    said(people[0], room(*people))
    for reader in people:
        store.append_read(reader, reading.conversations(reader)[0].id, 1)
    for some in (people[:1], people):
        with django_assert_num_queries(3 + len(some)):  # heads, members, message; a row of each
            assert all(one.reset for one in reading.first_syncs(some).values())


@pytest.mark.django_db(transaction=True)
async def test_a_first_sync_answers_from_a_state_no_older_than_the_request() -> None:
    ann, bob = await sync_to_async(person)(), await sync_to_async(person)()
    conversation = await sync_to_async(room)(ann, bob)
    syncs = FirstSyncs()
    for number in range(1, 6):
        waiting = [asyncio.create_task(syncs.of(user)) for user in (ann, bob)]
        await asyncio.sleep(0)
        await sync_to_async(said)(ann, conversation, str(number))
        for user in (ann, bob):
            assert await text_of_last(syncs, user) == str(number)
        for one in await asyncio.gather(*waiting):
            assert one.reset[0].seq >= number - 1


async def text_of_last(syncs: FirstSyncs, user: User) -> str:
    message = (await syncs.of(user)).reset[0].last_message
    assert message
    return message.text
