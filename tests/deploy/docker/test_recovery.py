"""What is killed comes back by itself, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio

import pytest

from tests.deploy.docker.crowd import chatting
from tests.deploy.docker.stack import Stack
from tests.deploy.target import Account, Target

PAGES = 20


@pytest.mark.parametrize("service", ["daphne", "redis", "postgres"])
async def test_a_container_that_is_killed_comes_back(
    service: str, stack: Stack, target: Target, accounts: list[Account]
) -> None:
    async with chatting(target, accounts, PAGES) as crowd:
        victim = stack.containers(service)[0]
        started = stack.inspect(victim)["State"]["StartedAt"]
        await asyncio.to_thread(stack.docker, "kill", victim)
        await asyncio.to_thread(stack.wait_until_well, "redis", "postgres", "daphne", "proxy")
        assert stack.inspect(victim)["State"]["StartedAt"] != started
        await asyncio.sleep(2)
    crowd.assert_nothing_lost()
    texts = [text for _seq, text in await target.messages(accounts[0], crowd.room)]
    assert len(texts) == len(set(texts)), "nothing is stored twice"
