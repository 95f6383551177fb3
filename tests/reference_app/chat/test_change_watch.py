"""Long polls that wait together: few queries for all, and none forgotten."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from reference_app.chat import reading, services
from reference_app.chat.change_watch import CHECK_SECONDS, ChangeWatch, Waiter
from tests.builders import person, room

PATIENCE = 30.0
UNREADABLE = 1 << 70
"""An id that no database can look up."""


async def ended(watch: ChangeWatch) -> None:
    """Wait until the watch's thread has ended, and with it its database connection."""
    if thread := watch._thread:
        await asyncio.to_thread(thread.join, PATIENCE)
        assert not thread.is_alive()


@pytest.mark.django_db
def test_many_are_looked_up_at_once(
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    people = [person() for _ in range(4)]
    conversation = room(*people)
    services.note_typing(people[0], conversation, active=True)
    with django_assert_max_num_queries(2):
        found = reading.glances([(one.pk, conversation) for one in people])
    assert [set(heads) for heads, _typing in found] == [{conversation}] * 4
    assert [len(typing) for _heads, typing in found] == [0, 1, 1, 1], "one does not see oneself"


@pytest.mark.django_db(transaction=True)
async def test_who_waits_for_nothing_is_let_go_when_the_time_is_up_and_the_thread_ends() -> None:
    watch, ann = ChangeWatch(), await sync_to_async(person)()
    start = time.monotonic()
    assert await watch.wait(Waiter(ann.pk, None, {}, set()), CHECK_SECONDS * 3) is None
    assert time.monotonic() - start >= CHECK_SECONDS * 3
    await ended(watch)


@pytest.mark.django_db(transaction=True)
async def test_a_query_that_fails_wakes_everybody_and_the_watch_goes_on() -> None:
    watch = ChangeWatch()
    ann, bob = await sync_to_async(person)(), await sync_to_async(person)()
    start = time.monotonic()
    earlier = asyncio.create_task(watch.wait(Waiter(ann.pk, None, {}, set()), PATIENCE))
    await asyncio.sleep(0)  # it waits from here on, so that the query that fails is for both
    await watch.wait(Waiter(UNREADABLE, None, {}, set()), PATIENCE)
    await earlier
    assert time.monotonic() - start < PATIENCE, "somebody was not woken"
    waiting = asyncio.create_task(watch.wait(Waiter(ann.pk, None, {}, set()), PATIENCE))
    conversation = await sync_to_async(room)(ann, bob)
    news = await waiting
    assert news is not None
    assert set(news[0]) == {conversation}
    await ended(watch)
