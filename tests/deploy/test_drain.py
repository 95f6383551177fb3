"""Tests a drained process that restarts. FAWRAN_TARGET_DRAIN is the command that drains it."""

from __future__ import annotations

import asyncio
from functools import partial

from benchmarks.probe.follower import Follower
from reference_app.protocol import CLOSE_RESTART, REGISTERED_CLOSE
from tests.deploy.target import PAGES, Account, Target


async def test_pages_of_a_drained_process_reconnect_and_miss_nothing(
    target: Target, accounts: list[Account]
) -> None:
    room = await target.new_room(accounts, "Drained")
    people = [
        Follower(partial(target.page, account, room)) for _ in range(PAGES) for account in accounts
    ]
    lives = [asyncio.create_task(one.live()) for one in people]
    await asyncio.gather(*(one.is_there.wait() for one in people))
    draining = asyncio.create_task(target.drain_one_process())
    sent = 0
    while not draining.done():
        await people[sent % len(people)].say(f"message {sent}")
        sent += 1
        await asyncio.sleep(0.05)
    await draining
    async with asyncio.timeout(60):
        await asyncio.gather(*(one.caught_up(sent) for one in people))
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)
    codes = {code for one in people for code in one.codes}
    assert REGISTERED_CLOSE[CLOSE_RESTART] in codes, "a process was drained"
    for one in people:
        assert one.seen == list(range(1, sent + 1)), "every message, once, in order"
    stored = await target.messages(accounts[0], room)
    texts = [text for _seq, text in stored]
    assert len(texts) == len(set(texts)), "nothing is stored twice"
