"""Tests that groups are joined when a channel layer that was away, or hung, answers again."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_valkey.core import ValkeyChannelLayer
from channels_valkey.pubsub import ValkeyPubSubChannelLayer

from reference_app.chat.fanout.channel_groups import UNREACHABLE
from reference_app.chat.fanout.hub import Hub
from reference_app.serving.valkey import Valkey, embedded_valkey
from tests.reference_app.chat.fanout.test_hub import Listener, event

GROUPS = [f"conversation.{n}" for n in range(1, 4)]
LAYERS = {
    "core": (RedisChannelLayer, {"capacity": 1500, "expiry": 60}),
    "pubsub": (RedisPubSubChannelLayer, {}),
    "valkey": (ValkeyChannelLayer, {"capacity": 1500, "expiry": 60}),
    "valkey-pubsub": (ValkeyPubSubChannelLayer, {}),
}


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    with embedded_valkey(tmp_path / "valkey.log") as server:
        yield server


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest, valkey: Valkey) -> Any:
    kind, options = LAYERS[request.param]
    return kind(hosts=[{"address": valkey.url, "socket_timeout": 30}], **options)


@pytest.fixture
def refreshed() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
async def hub(layer: Any, refreshed: asyncio.Event) -> AsyncIterator[Hub]:
    made = Hub(layer, lambda _members: refreshed.set())
    yield made
    await made.close()


async def stop(valkey: Valkey) -> None:
    await asyncio.to_thread(valkey.child.stop)


async def start(valkey: Valkey) -> None:
    """Start the server at the same address, without its groups, and wait until it answers."""
    await asyncio.to_thread(valkey.child.start)


async def expect_events(layer: Any, listeners: list[Listener]) -> None:
    """Send each group an event; each of these listeners must receive the one of its group."""
    for group in GROUPS:
        await layer.group_send(group, event(1, group, group=group))
    for group, listener in zip(GROUPS, listeners, strict=True):
        await listener.expect(group)


async def expect_events_soon(layer: Any, listeners: list[Listener]) -> None:
    """Send each group events until each of these listeners has received one."""
    async with asyncio.timeout(10):
        for seq in itertools.count(1):
            for group in GROUPS:
                await layer.group_send(group, event(seq, group=group))
            await asyncio.sleep(0.05)
            if all(listener.received for listener in listeners):
                return


async def test_groups_created_while_the_layer_was_away_receive_events_afterwards(
    hub: Hub, layer: Any, valkey: Valkey, refreshed: asyncio.Event
) -> None:
    await hub.join({"conversation.9": None}, Listener())
    await stop(valkey)
    listeners = [Listener(n) for n in range(len(GROUPS))]
    for group, listener in zip(GROUPS, listeners, strict=True):
        with pytest.raises(UNREACHABLE):
            await hub.join({group: None}, listener)
    await start(valkey)
    async with asyncio.timeout(20):
        await refreshed.wait()
    await expect_events(layer, listeners)


async def test_groups_created_while_the_layer_hung_receive_events_afterwards(
    hub: Hub, layer: Any, valkey: Valkey, refreshed: asyncio.Event
) -> None:
    await hub.join({"conversation.9": None}, Listener())
    listeners = [Listener(n) for n in range(len(GROUPS))]
    os.kill(valkey.child.pid, signal.SIGSTOP)
    try:
        await asyncio.gather(
            *(hub.join({group: None}, one) for group, one in zip(GROUPS, listeners, strict=True))
        )
    finally:
        os.kill(valkey.child.pid, signal.SIGCONT)
    async with asyncio.timeout(20):
        await refreshed.wait()
    await expect_events(layer, listeners)


class Faulty(RedisPubSubChannelLayer):  # type: ignore[misc]
    """A layer that refuses or delays the joins of chosen groups."""

    def __init__(self, **config: Any) -> None:
        super().__init__(**config)
        self.refusals: dict[str, int] = {}
        self.delayed: dict[str, asyncio.Event] = {}
        self.waiting = asyncio.Event()

    async def group_add(self, group: str, channel: str) -> None:
        if self.refusals.get(group):
            self.refusals[group] -= 1
            raise ConnectionError(f"{group} is refused")
        if group in self.delayed:
            self.waiting.set()
            await self.delayed[group].wait()
        await self._get_layer().group_add(group, channel)


@pytest.fixture
def faulty(valkey: Valkey) -> Faulty:
    return Faulty(hosts=[{"address": valkey.url, "socket_timeout": 30}])


async def join_refused(hub: Hub, groups: list[str]) -> list[Listener]:
    """Join groups while the layer refuses each of them; return their listeners."""
    listeners = [Listener(n) for n in range(len(groups))]
    for group, listener in zip(groups, listeners, strict=True):
        with pytest.raises(ConnectionError):
            await hub.join({group: None}, listener)
    return listeners


async def test_a_group_that_fails_while_others_are_joined_again_is_joined_too(
    faulty: Faulty,
) -> None:
    hub = Hub(faulty)
    first, *others = GROUPS
    faulty.refusals = dict.fromkeys(GROUPS, 1)
    gate = faulty.delayed[first] = asyncio.Event()
    listeners = await join_refused(hub, [first])
    async with asyncio.timeout(10):
        await faulty.waiting.wait()
    listeners += await join_refused(hub, others)
    gate.set()
    await expect_events_soon(faulty, listeners)
    await hub.close()


async def test_a_group_that_cannot_be_joined_does_not_stop_the_others(faulty: Faulty) -> None:
    hub = Hub(faulty)
    faulty.refusals = dict.fromkeys(GROUPS, 1) | {"conversation.8": 1_000_000}
    await join_refused(hub, ["conversation.8"])
    await expect_events_soon(faulty, await join_refused(hub, GROUPS))
    await hub.close()
