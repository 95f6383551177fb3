"""Pages that chat while the deployment is disturbed, and a check that no message was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from benchmarks.probe.asking import Answers, ask
from benchmarks.probe.follower import Follower
from benchmarks.probe.page import http_of
from tests.deploy.target import Account, Target

RATE = 10.0
"""Messages per second, of all pages together."""


@dataclass
class Crowd:
    """Pages in one room, and HTTP requests at the same time."""

    room: int
    people: list[Follower]
    sent: int = 0
    answers: Answers = field(default_factory=Answers)

    def assert_nothing_lost(self) -> None:
        """Assert that every page received every message, once and in order."""
        assert self.sent > 0
        for one in self.people:
            assert one.seen == list(range(1, self.sent + 1)), "every message, once, in order"


@asynccontextmanager
async def chatting_crowd(
    target: Target, accounts: list[Account], pages: int
) -> AsyncIterator[Crowd]:
    """Yield pages that chat while the context is open; at its end, wait until all caught up."""
    room = await target.new_room(accounts, "A crowd")
    people = [
        Follower(partial(target.page, accounts[number % len(accounts)], room))
        for number in range(pages)
    ]
    crowd = Crowd(room, people)
    lives = []
    for one in people:
        lives.append(asyncio.create_task(one.live()))
        await asyncio.sleep(0.01)
    await asyncio.gather(*(one.is_there.wait() for one in people))
    work = [
        asyncio.create_task(_write(crowd)),
        asyncio.create_task(_ask(crowd, target, accounts[0])),
    ]
    try:
        yield crowd
        for task in work:
            task.cancel()
        await asyncio.gather(*work, return_exceptions=True)
        await _wait_until_caught_up(crowd, lives)
    finally:
        for task in [*work, *lives]:
            task.cancel()
        await asyncio.gather(*work, *lives, return_exceptions=True)


async def _wait_until_caught_up(crowd: Crowd, lives: list[asyncio.Task[None]]) -> None:
    try:
        async with asyncio.timeout(90):
            await asyncio.gather(*(one.caught_up(crowd.sent) for one in crowd.people))
    except TimeoutError:
        behind = [
            f"{len(one.seen)} of {crowd.sent} seen, {len(one.unacknowledged)} unacknowledged, "
            f"{one.codes}, refused {one.refused}, {life}"
            for one, life in zip(crowd.people, lives, strict=True)
            if len(one.seen) < crowd.sent or one.unacknowledged
        ]
        raise AssertionError("\n".join([f"{len(behind)} are behind", *behind[:5]])) from None


async def _write(crowd: Crowd) -> None:
    while True:
        writer = crowd.people[crowd.sent % len(crowd.people)]
        crowd.sent += 1
        await asyncio.shield(writer.say(f"message {crowd.sent}"))
        await asyncio.sleep(1 / RATE)


async def _ask(crowd: Crowd, target: Target, account: Account) -> None:
    site = target.site
    async with http_of(site.url, account.cookies["sessionid"], trust=site.context) as http:
        await ask(http, crowd.answers)
