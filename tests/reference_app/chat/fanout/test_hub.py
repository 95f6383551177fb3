"""The hub: one process as one member of its groups; delivery, order, membership, recovery."""

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

from reference_app.chat.fanout.hub import Hub
from reference_app.chat.fanout.ordering import HOLD_SECONDS, Order
from reference_app.chat.fanout.send_buffers import EncodedFrame
from reference_app.protocol import Position
from reference_app.serving.valkey import Valkey, embedded_valkey

ROOM = "conversation.1"


class Listener:
    """A subscriber that records what it receives."""

    def __init__(self, person: int = 0) -> None:
        self.person = person
        self.received: list[str] = []
        self.ephemeral: list[tuple[Hashable, str]] = []
        self.memberships = 0
        self._arrival = asyncio.Event()

    def send_durable(self, frame: EncodedFrame) -> None:
        self.received.append(frame.text)
        self._arrival.set()

    def send_ephemeral(self, key: Hashable, frame: EncodedFrame) -> None:
        self.ephemeral.append((key, frame.text))

    def membership_changed(self) -> None:
        self.memberships += 1

    async def expect(self, *texts: str) -> None:
        """Wait until exactly these frames have been received."""
        async with asyncio.timeout(10):
            while len(self.received) < len(texts):
                self._arrival.clear()
                await self._arrival.wait()
        assert self.received == list(texts)


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


async def test_a_broadcast_reaches_the_members_of_a_group_in_every_process(
    hub: Hub, other: Hub, layer: Any
) -> None:
    ann, bob, stranger = Listener(), Listener(), Listener()
    await hub.join({ROOM: None}, ann)
    await other.join({ROOM: None}, bob)
    await other.join({"conversation.2": None}, stranger)
    for seq in (1, 2, 3):
        await layer.group_send(ROOM, event(seq))
    await ann.expect("1", "2", "3")
    await bob.expect("1", "2", "3")
    assert stranger.received == []


class Slow(RedisPubSubChannelLayer):  # type: ignore[misc]
    """A pub/sub layer whose subscriptions reach Redis late."""

    async def group_add(self, group: str, channel: str) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.3, lambda: loop.create_task(self._later(group, channel)))

    async def _later(self, group: str, channel: str) -> None:
        await self._get_layer().group_add(group, channel)


async def test_a_join_ends_only_when_broadcasts_arrive(valkey: Valkey) -> None:
    layer = Slow(hosts=[{"address": valkey.url, "socket_timeout": 30}])
    hub, ann = Hub(layer), Listener()
    await hub.join({ROOM: None}, ann)
    await layer.group_send(ROOM, event(1))
    await ann.expect("1")
    await hub.close()


async def test_a_subscriber_that_left_receives_nothing_and_the_others_everything(
    hub: Hub, layer: Any
) -> None:
    ann, bob = Listener(), Listener()
    await hub.join({ROOM: None}, ann)
    await hub.join({ROOM: None}, bob)
    await hub.leave([ROOM], ann)
    await layer.group_send(ROOM, event(1))
    await bob.expect("1")
    assert ann.received == []
    await hub.leave([ROOM], bob)
    await hub.join({ROOM: None}, ann)
    await layer.group_send(ROOM, event(2))
    await ann.expect("2")


async def test_concurrent_joins_and_leaves_end_in_the_last_requested_state(
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
    await bob.expect("1")
    assert ann.received == []


async def test_a_message_of_this_process_is_delivered_once(hub: Hub, layer: Any) -> None:
    ann = Listener()
    await hub.join({ROOM: None}, ann)
    message = event(1) | {"from": hub.name}
    hub.take(message)
    await layer.group_send(ROOM, message)
    await layer.group_send(ROOM, event(2))
    await ann.expect("1", "2")


async def test_membership_changes_and_typing_are_delivered(hub: Hub, layer: Any) -> None:
    ann = Listener()
    await hub.join({"user.1": None}, ann)
    await hub.join({ROOM: None}, ann)
    await layer.group_send("user.1", {"type": "chat.membership", "group": "user.1"})
    await layer.group_send(ROOM, event(0, "typing") | {"about": 7})
    await layer.group_send(ROOM, event(1))
    await ann.expect("1")
    assert ann.memberships == 1
    assert ann.ephemeral == [((ROOM, 7), "typing")]


async def test_groups_are_joined_again_after_the_layer_was_lost(
    tmp_path: Path,
) -> None:
    found = asyncio.Event()
    with embedded_valkey(tmp_path / "valkey.log") as server:
        hosts = [{"address": server.url, "socket_timeout": 30}]
        layer = RedisChannelLayer(hosts=hosts, capacity=1500, expiry=60)
        hub, ann = Hub(layer, lambda _members: found.set()), Listener()
        await hub.join({ROOM: None}, ann)
        await asyncio.to_thread(server.child.stop)
        # At the same address, but without its groups.
        await asyncio.to_thread(server.child.start)
        async with asyncio.timeout(20):
            await found.wait()
        await layer.group_send(ROOM, event(1))
        await ann.expect("1")
        await hub.close()


def ordered(*arrivals: tuple[int, int]) -> tuple[Order, list[str]]:
    """Let frames arrive at an order; return it, and the texts that it delivers."""
    delivered: list[str] = []
    order = Order(lambda _place, frame: delivered.append(frame.text))
    for epoch, seq in arrivals:
        order.arrived(epoch, seq, EncodedFrame(f"{epoch}.{seq}", "message"))
    return order, delivered


async def test_a_frame_that_arrives_too_early_waits_for_the_missing_one() -> None:
    order, delivered = ordered((1, 5), (1, 7), (1, 8))
    assert delivered == ["1.5"]
    order.arrived(1, 6, EncodedFrame("1.6", "message"))
    assert delivered == ["1.5", "1.6", "1.7", "1.8"]


async def test_a_frame_that_never_arrives_is_waited_for_only_briefly() -> None:
    _order, delivered = ordered((1, 5), (1, 8), (1, 7))
    await asyncio.sleep(HOLD_SECONDS * 2)
    assert delivered == ["1.5", "1.7", "1.8"]


async def test_duplicates_and_frames_of_an_older_epoch_are_dropped() -> None:
    _order, delivered = ordered((2, 5), (2, 5), (2, 6), (2, 5), (1, 9), (3, 1))
    assert delivered == ["2.5", "2.6", "3.1"]


async def test_a_frame_older_than_the_first_is_delivered_late() -> None:
    _order, delivered = ordered((1, 5), (1, 4), (1, 6))
    assert delivered == ["1.5", "1.4", "1.6"]


async def test_the_first_frame_waits_for_those_since_the_start_position() -> None:
    order, delivered = ordered()
    order.starts_after(1, 4)
    order.arrived(1, 6, EncodedFrame("1.6", "message"))
    assert delivered == []
    order.arrived(1, 5, EncodedFrame("1.5", "message"))
    order.starts_after(1, 9)
    order.arrived(1, 7, EncodedFrame("1.7", "message"))
    assert delivered == ["1.5", "1.6", "1.7"]


async def test_a_new_subscriber_receives_no_late_frames_from_before_its_position(
    hub: Hub, layer: Any
) -> None:
    ann, bob = Listener(1), Listener(2)
    await hub.join({ROOM: Position(epoch=1, seq=3)}, ann)
    await hub.join({ROOM: Position(epoch=1, seq=5)}, bob)
    for seq in (3, 4, 5, 6):
        await layer.group_send(ROOM, event(seq))
    await ann.expect("4", "5", "6")
    await bob.expect("6")
    await layer.group_send(ROOM, event(7))
    await bob.expect("6", "7")


async def test_a_subscriber_of_a_new_epoch_receives_no_frames_of_the_older_one(
    hub: Hub, layer: Any
) -> None:
    ann, bob = Listener(1), Listener(2)
    await hub.join({ROOM: Position(epoch=1, seq=3)}, ann)
    await hub.join({ROOM: Position(epoch=2, seq=1)}, bob)
    for epoch, seq in ((1, 4), (2, 1), (2, 2)):
        await layer.group_send(ROOM, event(seq, f"{epoch}.{seq}", epoch))
    await ann.expect("1.4", "2.1", "2.2")
    await bob.expect("2.2")


async def test_a_hidden_frame_reaches_all_others_and_keeps_its_place_in_the_order(
    hub: Hub, layer: Any
) -> None:
    ann, bob = Listener(1), Listener(2)
    for one in (ann, bob):
        await hub.join({ROOM: None}, one)
    await layer.group_send(ROOM, event(1))
    await layer.group_send(ROOM, event(2) | {"hidden_from": [2]})
    await layer.group_send(ROOM, event(3))
    await ann.expect("1", "2", "3")
    await bob.expect("1", "3")
