"""What is killed comes back by itself, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.deploy.docker.crowd import chatting
from tests.deploy.docker.stack import Stack
from tests.deploy.target import Account, Target

PAGES = 20


@pytest.mark.parametrize("service", ["daphne", "redis", "postgres"])
async def test_a_service_whose_process_is_killed_comes_back_by_itself(
    service: str, stack: Stack, target: Target, accounts: list[Account]
) -> None:
    async with chatting(target, accounts, PAGES) as crowd:
        victim = stack.containers(service)[0]
        state = stack.inspect(victim)["State"]
        # Of the process itself: what `docker kill` ends is meant to stay so, says the engine.
        os.kill(state["Pid"], signal.SIGKILL)
        started = state["StartedAt"]
        await asyncio.to_thread(stack.wait_until_restarted, victim, started)
        await asyncio.to_thread(stack.wait_until_well, "redis", "postgres", "daphne", "proxy")
        await asyncio.sleep(2)
    crowd.assert_nothing_lost()
    texts = [text for _seq, text in await target.messages(accounts[0], crowd.room)]
    assert len(texts) == len(set(texts)), "nothing is stored twice"
