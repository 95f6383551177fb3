"""Tests that processes are replaced, added and removed under load."""

from __future__ import annotations

import asyncio
import re

from reference_app.protocol import CLOSE_RESTART, REGISTERED_CLOSE
from tests.deploy.docker.crowd import chatting_crowd
from tests.deploy.docker.stack import Stack
from tests.deploy.target import Account, Target

SOCKETS = 200


def addresses(stack: Stack) -> set[str]:
    """Return the IP addresses of the processes."""
    return {
        network["IPAddress"]
        for one in stack.containers("daphne")
        for network in stack.inspect(one)["NetworkSettings"]["Networks"].values()
    }


def sockets_per_process(stack: Stack) -> list[int]:
    """Return how many sockets each process holds, by its Prometheus metric."""
    return [int(line.split()[1]) for line in stack.run_ok("sockets").splitlines()]


async def test_an_update_under_200_sockets_loses_nothing_and_fails_no_request(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    before = set(stack.containers("daphne"))
    async with chatting_crowd(target, accounts, SOCKETS) as crowd:
        sockets = await asyncio.to_thread(sockets_per_process, stack)
        assert sum(sockets) >= SOCKETS
        assert max(sockets) - min(sockets) <= SOCKETS / 10, "sockets are balanced"
        output = await asyncio.to_thread(stack.run_ok, "update")
        assert "2 processes were replaced" in output
    crowd.assert_nothing_lost()
    assert crowd.answers.failures == [], f"of {crowd.answers.asked} requests"
    restart = REGISTERED_CLOSE[CLOSE_RESTART]
    for one in crowd.people:
        assert one.came_back >= 1, "every page has reconnected"
        assert set(one.codes) == {restart}, "closed by the drain, not cut off"
    assert before.isdisjoint(stack.containers("daphne")), "all processes are new"


async def test_the_proxy_follows_added_and_removed_processes(
    stack: Stack, target: Target, accounts: list[Account]
) -> None:
    stack.run_ok("scale", "3")
    (proxy,) = stack.containers("proxy")

    async def known_addresses() -> set[str]:
        servers = await asyncio.to_thread(stack.inside, proxy, "cat", "/tmp/nginx/servers.conf")
        return set(re.findall(r"server ([\d.]+):8000", servers))

    async with asyncio.timeout(30):
        while await known_addresses() != addresses(stack):  # noqa: ASYNC110 - the proxy polls
            await asyncio.sleep(0.5)
    async with chatting_crowd(target, accounts, 12) as crowd:
        sockets = await asyncio.to_thread(sockets_per_process, stack)
        assert min(sockets) > 0, "the third process has sockets too"
        await asyncio.to_thread(stack.run_ok, "scale", "2")
    crowd.assert_nothing_lost()
    assert crowd.answers.failures == []
    assert len(stack.containers("daphne")) == 2
    async with asyncio.timeout(30):
        while await known_addresses() != addresses(stack):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
