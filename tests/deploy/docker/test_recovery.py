"""Tests that killed services come back, and that no acknowledged message is lost."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.deploy.docker.crowd import Crowd, chatting_crowd
from tests.deploy.docker.stack import Stack
from tests.deploy.target import Account, Target

PAGES = 20
each_service = pytest.mark.parametrize("service", ["daphne", "redis", "postgres"])


async def assert_stored_once(target: Target, account: Account, crowd: Crowd) -> None:
    crowd.assert_nothing_lost()
    texts = [text for _seq, text in await target.messages(account, crowd.room)]
    assert len(texts) == len(set(texts)), "nothing is stored twice"


@each_service
async def test_a_service_whose_process_is_killed_restarts_by_itself(
    service: str, stack: Stack, target: Target, accounts: list[Account]
) -> None:
    async with chatting_crowd(target, accounts, PAGES) as crowd:
        victim = stack.containers(service)[0]
        started = stack.started(victim)
        os.kill(stack.inspect(victim)["State"]["Pid"], signal.SIGKILL)
        await asyncio.to_thread(stack.wait_until_restarted, victim, started)
        await asyncio.to_thread(stack.wait_until_healthy, "redis", "postgres", "daphne", "proxy")
        await asyncio.sleep(2)
    await assert_stored_once(target, accounts[0], crowd)


@each_service
async def test_a_killed_container_is_started_again_by_start(
    service: str, stack: Stack, target: Target, accounts: list[Account]
) -> None:
    """The engine does not restart a container after `docker kill`, until it is started again."""
    async with chatting_crowd(target, accounts, PAGES) as crowd:
        victim = stack.containers(service)[0]
        await asyncio.to_thread(stack.docker, "kill", victim)
        await asyncio.sleep(3)
        assert victim not in await asyncio.to_thread(stack.containers, service)
        await asyncio.to_thread(stack.run_ok, "start")
        await asyncio.to_thread(stack.wait_until_healthy, "redis", "postgres", "daphne", "proxy")
        await asyncio.sleep(2)
    await assert_stored_once(target, accounts[0], crowd)
    assert victim in stack.containers(service)
