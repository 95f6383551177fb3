"""What is killed comes back, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.deploy.docker.crowd import Crowd, chatting
from tests.deploy.docker.stack import Stack
from tests.deploy.target import Account, Target

PAGES = 20
each_service = pytest.mark.parametrize("service", ["daphne", "redis", "postgres"])


async def assert_all_is_there_once(target: Target, account: Account, crowd: Crowd) -> None:
    crowd.assert_nothing_lost()
    texts = [text for _seq, text in await target.messages(account, crowd.room)]
    assert len(texts) == len(set(texts)), "nothing is stored twice"


@each_service
async def test_a_service_whose_process_is_killed_comes_back_by_itself(
    service: str, stack: Stack, target: Target, accounts: list[Account]
) -> None:
    async with chatting(target, accounts, PAGES) as crowd:
        victim = stack.containers(service)[0]
        started = stack.started(victim)
        os.kill(stack.inspect(victim)["State"]["Pid"], signal.SIGKILL)
        await asyncio.to_thread(stack.wait_until_restarted, victim, started)
        await asyncio.to_thread(stack.wait_until_well, "redis", "postgres", "daphne", "proxy")
        await asyncio.sleep(2)
    await assert_all_is_there_once(target, accounts[0], crowd)


@each_service
async def test_a_container_that_is_killed_comes_back_with_start(
    service: str, stack: Stack, target: Target, accounts: list[Account]
) -> None:
    """What `docker kill` ends is meant to stay so, says the engine, until it is started again."""
    async with chatting(target, accounts, PAGES) as crowd:
        victim = stack.containers(service)[0]
        await asyncio.to_thread(stack.docker, "kill", victim)
        await asyncio.sleep(3)
        assert victim not in await asyncio.to_thread(stack.containers, service)
        await asyncio.to_thread(stack.must, "start")
        await asyncio.to_thread(stack.wait_until_well, "redis", "postgres", "daphne", "proxy")
        await asyncio.sleep(2)
    await assert_all_is_there_once(target, accounts[0], crowd)
    assert victim in stack.containers(service)
