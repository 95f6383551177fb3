"""One process as one member of its groups: order, membership, and what is left behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable, Iterator
from pathlib import Path
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_valkey.core import ValkeyChannelLayer
from channels_valkey.pubsub import ValkeyPubSubChannelLayer

from reference_app.chat.fanout import Hub
from reference_app.chat.ordering import HOLD, Order
from reference_app.chat.outlets import Encoded
from reference_app.chat.protocol import Position
from reference_app.serving.valkey import Valkey, embedded_valkey

ROOM = "conversation.1"


class Listener:
    """A socket that remembers what it was told."""

    def __init__(self, person: int = 0) -> None:
        self.person = person
        self.told: list[str] = []
        self.hints: list[tuple[Hashable, str]] = []
        self.memberships = 0
        self._news = asyncio.Event()

    def tell(self, frame: Encoded) -> None:
        self.told.append(frame.text)
        self._news.set()

    def hint(self, key: Hashable, frame: Encoded) -> None:
        self.hints.append((key, frame.text))

    def membership_changed(self) -> None:
        self.memberships += 1

    async def has(self, *texts: str) -> None:
        """Wait until just this has been told."""
        async with asyncio.timeout(10):
            while len(self.told) < len(texts):
                self._news.clear()
                await self._news.wait()
        assert self.told == list(texts)


def event(seq: int, text: str = "", epoch: int = 1, group: str = ROOM) -> dict[str, Any]:
    return {
        "type": "chat.frame",
        "kind": "message",
        "group": group,
        "epoch": epoch,
        "seq": seq,
        "text": text or str(seq),
    }


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with embedded_valkey(tmp_path_factory.mktemp("valkey") / "valkey.log") as server:
        yield server


@pytest.fixture(params=["memory", "core", "pubsub", "valkey", "valkey-pubsub"])
def layer(request: pytest.FixtureRequest, valkey: Valkey) -> Any:
    hosts = [{"address": valkey.url, "socket_timeout": 30}]
    match request.param:
        case "memory":
            return InMemoryChannelLayer(capacity=1500)
        case "core":
            return RedisChannelLayer(hosts=hosts, capacity=1500, expiry=60)
        case "valkey":
            return ValkeyChannelLayer(hosts=hosts, capacity=1500, expiry=60)
        case "valkey-pubsub":
            return ValkeyPubSubChannelLayer(hosts=hosts)
        case _:
            return RedisPubSubChannelLayer(hosts=hosts)


@pytest.fixture
async def hub(layer: Any) -> AsyncIterator[Hub]:
    made = Hub(layer)
    yield made
    await made.close()


@pytest.fixture
async def other(layer: Any) -> AsyncIterator[Hub]:
    made = Hub(layer)
    yield made
    await made.close()


async def test_what_is_sent_to_a_group_reaches_its_members_in_every_process(
    hub: Hub, other: Hub, layer: Any
) -> None:
    ann, bob, stranger = Listener(), Listener(), Listener()
    await hub.join({ROOM: None}, ann)
    await other.join({ROOM: None}, bob)
    await other.join({"conversation.2": None}, stranger)
    for seq in (1, 2, 3):
        await layer.group_send(ROOM, event(seq))
    await ann.has("1", "2", "3")
    await bob.has("1", "2", "3")
    assert stranger.told == []


class Slow(RedisPubSubChannelLayer):  # type: ignore[misc]
    """A pub/sub layer whose subscriptions take a while to get to Redis."""

    async def group_add(self, group: str, channel: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.3, lambda: loop.create_task(self._later(group, channel)))

    async def _later(self, group: str, channel: str) -> None:
        await self._get_layer().group_add(group, channel)


async def test_a_join_is_over_only_when_what_is_sent_really_arrives(valkey: Valkey) -> None:
    layer = Slow(hosts=[{"address": valkey.url, "socket_timeout": 30}])
    hub, ann = Hub(layer), Listener()
    await hub.join({ROOM: None}, ann)
    await layer.group_send(ROOM, event(1))
    await ann.has("1")
    await hub.close()


async def test_who_has_left_hears_nothing_and_who_stays_hears_all(hub: Hub, layer: Any) -> None:
    ann, bob = Listener(), Listener()
    await hub.join({ROOM: None}, ann)
    await hub.join({ROOM: None}, bob)
    await hub.leave([ROOM], ann)
    await layer.group_send(ROOM, event(1))
    await bob.has("1")
    assert ann.told == []
    await hub.leave([ROOM], bob)
    await hub.join({ROOM: None}, ann)
    await layer.group_send(ROOM, event(2))
    await ann.has("2")


async def test_joining_and_leaving_at_the_same_time_ends_as_the_last_one_wants(
    hub: Hub, layer: Any
) -> None:
    ann, bob = Listener(), Listener()
    for _ in range(30):
        await hub.join({ROOM: None}, ann)
        await asyncio.gather(hub.leave([ROOM], ann), hub.join({ROOM: None}, bob))
        await asyncio.gather(hub.join({ROOM: None}, ann), hub.leave([ROOM], bob))
        await hub.leave([ROOM], ann)
    await asyncio.gather(
        hub.join({ROOM: None}, bob), hub.join({ROOM: None}, ann), hub.leave([ROOM], ann)
    )
    await layer.group_send(ROOM, event(1))
    await bob.has("1")
    assert ann.told == []


async def test_a_message_of_ones_own_is_not_told_twice(hub: Hub, layer: Any) -> None:
    ann = Listener()
    await hub.join({ROOM: None}, ann)
    message = event(1) | {"from": hub.name}
    hub.take(message)
    await layer.group_send(ROOM, message)
    await layer.group_send(ROOM, event(2))
    await ann.has("1", "2")


async def test_news_of_a_membership_and_typing_are_handed_on(hub: Hub, layer: Any) -> None:
    ann = Listener()
    await hub.join({"user.1": None}, ann)
    await hub.join({ROOM: None}, ann)
    await layer.group_send("user.1", {"type": "chat.membership", "group": "user.1"})
    await layer.group_send(ROOM, event(0, "typing") | {"about": 7})
    await layer.group_send(ROOM, event(1))
    await ann.has("1")
    assert ann.memberships == 1
    assert ann.hints == [((ROOM, 7), "typing")]


async def test_a_layer_that_was_lost_is_found_again_and_groups_are_joined_again(
    tmp_path: Path,
) -> None:
    found = asyncio.Event()
    with embedded_valkey(tmp_path / "valkey.log") as server:
        hosts = [{"address": server.url, "socket_timeout": 30}]
        layer = RedisChannelLayer(hosts=hosts, capacity=1500, expiry=60)
        hub, ann = Hub(layer, lambda _members: found.set()), Listener()
        await hub.join({ROOM: None}, ann)
        await asyncio.to_thread(server.child.stop)
        # The same address; nothing of what it knew.
        await asyncio.to_thread(server.child.start)
        async with asyncio.timeout(20):
            await found.wait()
        await layer.group_send(ROOM, event(1))
        await ann.has("1")
        await hub.close()


def ordered(*arrivals: tuple[int, int]) -> tuple[Order, list[str]]:
    told: list[str] = []
    order = Order(lambda _place, frame: told.append(frame.text))
    for epoch, seq in arrivals:
        order.arrived(epoch, seq, Encoded(f"{epoch}.{seq}", "message"))
    return order, told


async def test_what_comes_too_early_waits_for_what_goes_before() -> None:
    order, told = ordered((1, 5), (1, 7), (1, 8))
    assert told == ["1.5"]
    order.arrived(1, 6, Encoded("1.6", "message"))
    assert told == ["1.5", "1.6", "1.7", "1.8"]


async def test_what_never_comes_is_not_waited_for_for_long() -> None:
    _order, told = ordered((1, 5), (1, 8), (1, 7))
    await asyncio.sleep(HOLD * 2)
    assert told == ["1.5", "1.7", "1.8"]


async def test_what_was_told_is_not_told_again_nor_what_belongs_to_a_lost_history() -> None:
    _order, told = ordered((2, 5), (2, 5), (2, 6), (2, 5), (1, 9), (3, 1))
    assert told == ["2.5", "2.6", "3.1"]


async def test_what_is_older_than_the_first_is_passed_on_late() -> None:
    _order, told = ordered((1, 5), (1, 4), (1, 6))
    assert told == ["1.5", "1.4", "1.6"]


async def test_the_first_that_comes_waits_for_what_followed_on_where_we_began() -> None:
    order, told = ordered()
    order.starts_after(1, 4)
    order.arrived(1, 6, Encoded("1.6", "message"))
    assert told == []
    order.arrived(1, 5, Encoded("1.5", "message"))
    order.starts_after(1, 9)
    order.arrived(1, 7, Encoded("1.7", "message"))
    assert told == ["1.5", "1.6", "1.7"]


async def test_who_comes_from_another_process_is_not_told_what_comes_late_of_before(
    hub: Hub, layer: Any
) -> None:
    ann, bob = Listener(1), Listener(2)
    await hub.join({ROOM: Position(epoch=1, seq=3)}, ann)
    await hub.join({ROOM: Position(epoch=1, seq=5)}, bob)
    for seq in (3, 4, 5, 6):
        await layer.group_send(ROOM, event(seq))
    await ann.has("4", "5", "6")
    await bob.has("6")
    await layer.group_send(ROOM, event(7))
    await bob.has("6", "7")


async def test_who_joins_after_a_new_beginning_is_told_nothing_of_before_it(
    hub: Hub, layer: Any
) -> None:
    ann, bob = Listener(1), Listener(2)
    await hub.join({ROOM: Position(epoch=1, seq=3)}, ann)
    await hub.join({ROOM: Position(epoch=2, seq=1)}, bob)
    for epoch, seq in ((1, 4), (2, 1), (2, 2)):
        await layer.group_send(ROOM, event(seq, f"{epoch}.{seq}", epoch))
    await ann.has("1.4", "2.1", "2.2")
    await bob.has("2.2")


async def test_what_is_hidden_from_somebody_reaches_all_others_and_counts_in_the_order(
    hub: Hub, layer: Any
) -> None:
    ann, bob = Listener(1), Listener(2)
    for one in (ann, bob):
        await hub.join({ROOM: None}, one)
    await layer.group_send(ROOM, event(1))
    await layer.group_send(ROOM, event(2) | {"hidden_from": [2]})
    await layer.group_send(ROOM, event(3))
    await ann.has("1", "2", "3")
    await bob.has("1", "3")
