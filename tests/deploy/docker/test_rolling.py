"""Processes are replaced, added and taken away under load."""

from __future__ import annotations

import asyncio
import re

from reference_app.chat.protocol import CLOSE_RESTART, REGISTERED_CLOSE
from tests.deploy.docker.crowd import chatting
from tests.deploy.docker.stack import Stack
from tests.deploy.target import Account, Target

SOCKETS = 200


def addresses(stack: Stack) -> set[str]:
    """Return where the processes are."""
    return {
        network["IPAddress"]
        for one in stack.containers("daphne")
        for network in stack.inspect(one)["NetworkSettings"]["Networks"].values()
    }


def sockets_of_each(stack: Stack) -> list[int]:
    """Return how many sockets each process holds, as it tells Prometheus."""
    return [int(line.split()[1]) for line in stack.must("sockets").splitlines()]


async def test_an_update_under_200_sockets_loses_nothing_and_fails_no_request(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    before = set(stack.containers("daphne"))
    async with chatting(target, accounts, SOCKETS) as crowd:
        spread = await asyncio.to_thread(sockets_of_each, stack)
        assert sum(spread) >= SOCKETS
        assert max(spread) - min(spread) <= SOCKETS / 10, "the fewest first"
        said = await asyncio.to_thread(stack.must, "update")
        assert "2 processes were replaced" in said
    crowd.assert_nothing_lost()
    assert crowd.answers.failures == [], f"of {crowd.answers.asked} requests"
    restart = REGISTERED_CLOSE[CLOSE_RESTART]
    for one in crowd.people:
        assert one.came_back >= 1, "everybody has come back"
        assert set(one.codes) == {restart}, "told to, and not cut off"
    assert before.isdisjoint(stack.containers("daphne")), "all are new"


async def test_the_proxy_has_no_stale_and_misses_no_new_process(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    stack.must("scale", "3")
    (proxy,) = stack.containers("proxy")

    async def known() -> set[str]:
        servers = await asyncio.to_thread(stack.inside, proxy, "cat", "/tmp/nginx/servers.conf")
        return set(re.findall(r"server ([\d.]+):8000", servers))

    async with asyncio.timeout(30):
        while await known() != addresses(stack):  # noqa: ASYNC110 - the proxy looks by itself
            await asyncio.sleep(0.5)
    async with chatting(target, accounts, 12) as crowd:
        assert min(await asyncio.to_thread(sockets_of_each, stack)) > 0, "the third has its share"
        await asyncio.to_thread(stack.must, "scale", "2")
    crowd.assert_nothing_lost()
    assert crowd.answers.failures == []
    assert len(stack.containers("daphne")) == 2
    async with asyncio.timeout(30):
        while await known() != addresses(stack):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
