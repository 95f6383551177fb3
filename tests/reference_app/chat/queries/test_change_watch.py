"""Long polls that wait together: few queries serve all of them, and each is woken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from reference_app.chat import services
from reference_app.chat.queries.change_watch import CHECK_SECONDS, ChangeWatch, Waiter
from reference_app.chat.queries.sync import load_glances
from tests.builders import person, room

PATIENCE = 30.0
UNREADABLE = 1 << 70
"""An id that no database can look up."""


async def wait_for_end(watch: ChangeWatch) -> None:
    """Wait until the watch's thread has ended, and with it its database connection."""
    if thread := watch._thread:
        await asyncio.to_thread(thread.join, PATIENCE)
        assert not thread.is_alive()


@pytest.mark.django_db
def test_many_users_are_looked_up_at_once(
    django_assert_max_num_queries: Callable[[int], Any],
) -> None:
    people = [person() for _ in range(4)]
    conversation = room(*people)
    services.publish_typing(people[0], conversation, active=True)
    with django_assert_max_num_queries(2):
        found = load_glances([(one.pk, conversation) for one in people])
    assert [set(heads) for heads, _typing in found] == [{conversation}] * 4
    assert [len(typing) for _heads, typing in found] == [0, 1, 1, 1], "users do not see themselves"


@pytest.mark.django_db(transaction=True)
async def test_a_wait_without_changes_ends_after_its_time_and_the_thread_ends() -> None:
    watch, ann = ChangeWatch(), await sync_to_async(person)()
    start = time.monotonic()
    assert await watch.wait(Waiter(ann.pk, None, {}, set()), CHECK_SECONDS * 3) is None
    assert time.monotonic() - start >= CHECK_SECONDS * 3
    await wait_for_end(watch)


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
    changes = await waiting
    assert changes is not None
    assert set(changes[0]) == {conversation}
    await wait_for_end(watch)
