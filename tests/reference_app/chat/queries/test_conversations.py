"""States of conversations: the same loaded alone, with all others, or for several users at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from reference_app.accounts.models import User
from reference_app.chat.queries import conversations
from reference_app.chat.queries.conversations import load_state, load_states
from reference_app.chat.queries.sync import load_changes, load_first_changes
from reference_app.chat.sockets.first_syncs import load_first_sync
from reference_app.chat.store import read_markers
from tests.builders import person, room, said
from tests.reference_app.chat.queries.varied_site import Site, varied_site


@pytest.fixture
def site() -> Site:
    return varied_site()


@pytest.mark.django_db
def test_a_state_is_the_same_loaded_alone_and_with_all_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for user in site.people:
        states = load_states(user)
        assert [load_state(user, one.id) for one in states] == states
        assert load_changes(user, "").reset == states
        monkeypatch.setattr(conversations, "MAX_LISTED", 1)
        assert load_states(user, [one.id for one in states[1:]]) == states[1:]
        monkeypatch.undo()


@pytest.mark.django_db
def test_members_and_senders_have_their_display_names(site: Site) -> None:
    expected = [one.as_person() for one in site.people]
    assert [one.name for one in expected] == ["Ann", "Bob", "Cem Can", "Day", "eve"]
    for state in load_states(site.people[1]):
        assert [one for one in expected if one in state.members] == state.members
        if state.last_message:
            assert state.last_message.actor in expected


@pytest.mark.django_db
def test_mentions_are_not_queried_if_everything_is_read(
    site: Site, django_assert_num_queries: Any
) -> None:
    eve = site.people[4]
    plain = room(eve, site.people[0])
    said(site.people[0], plain, "hello")
    with django_assert_num_queries(4):  # memberships, members, last message, mentions
        load_state(eve, plain)
    read_markers.append_read(eve, plain, 1)
    with django_assert_num_queries(3):
        load_state(eve, plain)


@pytest.mark.django_db
def test_first_syncs_loaded_together_equal_those_loaded_alone(site: Site) -> None:
    stranger = person()
    users = [*site.people, stranger]
    assert load_first_changes(users) == {user: load_changes(user, "") for user in users}


@pytest.mark.django_db
def test_first_syncs_load_shared_rows_once(django_assert_num_queries: Any) -> None:
    people = [person() for _ in range(8)]
    said(people[0], room(*people))
    for reader in people:
        read_markers.append_read(reader, load_states(reader)[0].id, 1)
    for some in (people[:1], people):
        with django_assert_num_queries(3 + len(some)):  # heads, members, message; a row of each
            assert all(one.reset for one in load_first_changes(some).values())


@pytest.mark.django_db(transaction=True)
async def test_a_first_sync_answers_from_a_state_no_older_than_the_request() -> None:
    ann, bob = await sync_to_async(person)(), await sync_to_async(person)()
    conversation = await sync_to_async(room)(ann, bob)
    for number in range(1, 6):
        waiting = [asyncio.create_task(load_first_sync(user)) for user in (ann, bob)]
        await asyncio.sleep(0)
        await sync_to_async(said)(ann, conversation, str(number))
        for user in (ann, bob):
            assert await text_of_last(user) == str(number)
        for one in await asyncio.gather(*waiting):
            assert one.reset[0].seq >= number - 1


async def text_of_last(user: User) -> str:
    message = (await load_first_sync(user)).reset[0].last_message
    assert message
    return message.text
