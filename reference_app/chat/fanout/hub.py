"""The hub: one channel of the channel layer for a whole process, however many sockets it has.

The plain Channels idiom makes every socket a member of every group: a message to a room
of 500 is then written to Redis 500 times and read 500 times (channels_redis#83, #98).
Here the process is the member. It joins a group for the first of its sockets that needs the
group, and leaves it after the last. It delivers what arrives to its sockets itself: encoded once,
in the order of the conversation, with neither a task nor a query for each socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol
from uuid import uuid4

from channels.layers import InMemoryChannelLayer
from channels_redis.core import RedisChannelLayer

from reference_app.chat.fanout.cancel import cancel_and_wait
from reference_app.chat.fanout.channel_groups import UNREACHABLE
from reference_app.chat.fanout.ordering import NOWHERE, Order, Place
from reference_app.chat.fanout.publish_queue import Publisher
from reference_app.chat.fanout.send_buffers import EncodedFrame
from reference_app.protocol import Position
from reference_app.runtime import outages
from reference_app.runtime.metrics import metrics

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.1
"""Pause after a failed attempt to join groups; doubled each time."""

MAX_RETRY_SECONDS = 1.0
"""The longest pause."""

MAX_SETTLE_BATCH = 50
"""Maximum number of groups that are joined or left at the same time after a failure."""

RECEIVE_RETRY_SECONDS = 0.5
"""Pause after a failed attempt to receive."""

PROBE_TIMEOUTS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
"""Seconds that the hub waits for each probe of a new group."""

JOIN_WAIT_SECONDS = 1.0
"""Time that a new socket waits for its groups. After that it is served, and refreshed once the
groups are joined: a channel layer that hangs must not keep users out."""

PROBE = "chat.probe"
"""The type of a message by which a process sees that it receives what is sent to a group."""


JOINS_AT_ONCE = (InMemoryChannelLayer, RedisChannelLayer)
"""Layers whose ``group_add`` returns after the channel is subscribed to the group.

Layers on pub/sub do not wait until Redis has confirmed a subscription, and would miss what
others publish meanwhile. So with any other layer a new group is probed.
"""


class Subscriber(Protocol):
    """A recipient of a group's messages: an open socket of one user."""

    person: int

    def send_durable(self, frame: EncodedFrame) -> None:
        """Send an event of a conversation."""

    def send_ephemeral(self, key: Hashable, frame: EncodedFrame) -> None:
        """Send a frame that may be dropped."""

    def membership_changed(self) -> None:
        """Refresh the subscriptions."""


Refresh = Callable[[Collection[Subscriber] | None], None]
"""Called with the members that may have missed an event; None means all of the process."""


class Group:
    """The process's sockets that receive what is sent to one group."""

    def __init__(self) -> None:
        self.members: dict[Subscriber, None] = {}
        self.order = Order(self._deliver)
        # Members who joined at a position that this process has not delivered yet.
        self._ahead: dict[Subscriber, Place] = {}
        # Whether the layer may have this process as a member, and whether it certainly has.
        self.joined = False
        self.confirmed = False
        # One join or leave at a time; each checks again whether the group has members.
        self.turn = asyncio.Lock()
        self._probe = ""
        self._reached = asyncio.Event()

    def admit(self, member: Subscriber, after: Position | None) -> None:
        """Add a member, who receives what comes after a position."""
        self.members[member] = None
        if after:
            place = (after.epoch, after.seq)
            self.order.starts_after(*place)
            if self.order.is_before(place):
                self._ahead[member] = place

    def is_settled(self) -> bool:
        """Return whether the process is a member in the layer if, and only if, it should be."""
        return self.confirmed if self.members else not self.joined

    def dismiss(self, member: Subscriber) -> None:
        """Remove a member."""
        self.members.pop(member, None)
        self._ahead.pop(member, None)

    async def reached_by(self, send: Callable[[str], Awaitable[None]]) -> None:
        """Send probes until one arrives.

        Raises:
            TimeoutError: none did.
        """
        self._probe = uuid4().hex
        self._reached.clear()
        for timeout in PROBE_TIMEOUTS:
            await send(self._probe)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._reached.wait(), timeout)
                return
        raise TimeoutError("the channel layer does not deliver what is sent to a group")

    def probe_arrived(self, probe: str) -> None:
        """Record that a probe arrived, unless it is one of an earlier join."""
        if probe == self._probe:
            self._reached.set()

    def take(self, message: dict[str, Any]) -> None:
        """Deliver a message of the channel layer to every member."""
        if message["type"] == "chat.membership":
            for member in list(self.members):
                member.membership_changed()
            return
        hidden_from = frozenset(message.get("hidden_from", ()))
        frame = EncodedFrame(message["text"], message["kind"], hidden_from)
        if message["seq"]:
            place = (message["epoch"], message["seq"])
            if not message.get("is_repeat") or self.order.is_before(place):
                self.order.arrived(*place, frame)
        else:
            about = (message["group"], message["about"])
            audience = self._audience(frame)
            for member in audience:
                member.send_ephemeral(about, frame)
            metrics().sent(frame.kind, len(frame.payload), len(audience))

    def _deliver(self, place: Place, frame: EncodedFrame) -> None:
        started = time.perf_counter()
        audience = self._audience(frame)
        if self._ahead:
            audience = [one for one in audience if self._ahead.get(one, NOWHERE) < place]
            self._ahead = {one: at for one, at in self._ahead.items() if at > place}
        for member in audience:
            member.send_durable(frame)
        counted = metrics()
        counted.fanned_out(time.perf_counter() - started, len(audience))
        counted.sent(frame.kind, len(frame.payload), len(audience))

    def _audience(self, frame: EncodedFrame) -> list[Subscriber]:
        if not frame.hidden_from:
            return list(self.members)
        return [member for member in self.members if member.person not in frame.hidden_from]


class Hub:
    """A process's one channel, and its groups.

    What this process publishes reaches its own sockets directly, without waiting for the channel
    layer; it reaches the sockets of other processes through the channel layer.
    """

    def __init__(self, layer: Any, refresh: Refresh = lambda _members: None) -> None:
        self.name = uuid4().hex
        self.loop = asyncio.get_running_loop()
        self._layer = layer
        self._refresh = refresh
        self._publisher = Publisher(layer)
        self._settling: set[asyncio.Task[None]] = set()
        self._groups: dict[str, Group] = {}
        self._channel = ""
        self._opening = asyncio.Lock()
        self._receiving: asyncio.Task[None] | None = None
        self._healing: asyncio.Task[None] | None = None

    async def join(self, places: Mapping[str, Position | None], member: Subscriber) -> None:
        """Add a member to these groups.

        The position with a group is that of its conversation just before. The member receives
        events after it; earlier ones that arrive late are not delivered, because the member asks
        ``sync`` after joining and gets them so.

        The caller does not wait for a channel layer that hangs: the member receives what this
        process publishes, and is refreshed once the groups are joined.

        Raises:
            UNREACHABLE: the channel layer cannot be reached.
        """
        joining: dict[asyncio.Task[None], Group] = {}
        for name, after in places.items():
            group = self._groups.get(name)
            if group is None:
                group = self._groups[name] = Group()
            group.admit(member, after)
            if not group.confirmed:
                joining[self._settle_soon(name, group)] = group
        if not joining:
            return
        done, late = await asyncio.wait(joining, timeout=JOIN_WAIT_SECONDS)
        for task in late:
            task.add_done_callback(partial(self._joined_late, joining[task]))
        for task in done:
            task.result()

    async def leave(self, names: Collection[str], member: Subscriber) -> None:
        """Remove a member from these groups: at once, whatever the layer does."""
        leaving = []
        for name in names:
            group = self._groups.get(name)
            if group is None:
                continue
            group.dismiss(member)
            if not group.members:
                leaving.append(self._settle_soon(name, group))
        if leaving:
            await asyncio.wait(leaving, timeout=JOIN_WAIT_SECONDS)

    def publish(self, group: str, message: dict[str, Any]) -> None:
        """Send a message to a group: to this process's sockets now, to others through the queue."""
        message["from"] = self.name
        self.take(message)
        self._publisher.publish(group, message)

    async def wait_for_room(self) -> None:
        """Wait while more than a batch is queued for other processes; see ``Publisher``."""
        await self._publisher.wait_for_room()

    def take(self, message: dict[str, Any]) -> None:
        """Deliver a message to the members of its group in this process."""
        group = self._groups.get(message["group"])
        if group:
            group.take(message)

    async def close(self) -> None:
        """Stop receiving and publishing."""
        await self._publisher.close()
        await cancel_and_wait(
            [task for task in (self._healing, self._receiving) if task] + [*self._settling]
        )

    def rejoin(self) -> None:
        """Join every group again, because the layer forgets members after a time."""
        for group in self._groups.values():
            group.confirmed = False
        self._heal_soon()

    def _settle_soon(self, name: str, group: Group) -> asyncio.Task[None]:
        settling = asyncio.create_task(self._settle(name, group))
        self._settling.add(settling)
        settling.add_done_callback(self._settled)
        return settling

    def _settled(self, settling: asyncio.Task[None]) -> None:
        self._settling.discard(settling)
        if settling.cancelled() or not (error := settling.exception()):
            return
        outages.channel_layer.failed(error)
        self._heal_soon()

    def _joined_late(self, group: Group, joining: asyncio.Task[None]) -> None:
        """Refresh members that were served before their group was joined."""
        if not joining.cancelled() and joining.exception() is None:
            self._refresh(set(group.members))

    async def _settle(self, name: str, group: Group) -> None:
        """Join the group if it has members, leave it if it has none."""
        async with group.turn:
            if group.members and not group.confirmed:
                await self._open()
                group.joined = True
                await self._layer.group_add(name, self._channel)
                if not isinstance(self._layer, JOINS_AT_ONCE):
                    await group.reached_by(partial(self._send_probe, name))
                group.confirmed = True
            elif not group.members and group.joined:
                group.confirmed = False
                group.order.start_again()
                await self._layer.group_discard(name, self._channel)
                group.joined = False
        if not group.members and self._groups.get(name) is group:
            del self._groups[name]

    async def _send_probe(self, name: str, probe: str) -> None:
        await self._layer.group_send(
            name, {"type": PROBE, "group": name, "from": self.name, "probe": probe}
        )

    async def _open(self) -> None:
        async with self._opening:
            if self._receiving is None:
                self._channel = await self._layer.new_channel()
                self._receiving = asyncio.create_task(self._receive())

    async def _receive(self) -> None:
        while True:
            try:
                message = await self._layer.receive(self._channel)
            except UNREACHABLE as error:
                outages.channel_layer.failed(error)
                self.rejoin()
                await asyncio.sleep(RECEIVE_RETRY_SECONDS)
                continue
            self._take_safely(message)

    def _take_safely(self, message: dict[str, Any]) -> None:
        """Deliver what arrived; a process of another version may send anything."""
        try:
            mine = message.get("from") == self.name
            if message["type"] == PROBE:
                if mine and (group := self._groups.get(message["group"])):
                    group.probe_arrived(message["probe"])
            elif not mine:
                self.take(message)
        except (KeyError, TypeError) as error:
            logger.warning("a message that is not understood is dropped: %r", error)

    def _heal_soon(self) -> None:
        if self._healing is None or self._healing.done():
            # A task of its own: it waits for its probes, which arrive in the receiving task.
            self._healing = asyncio.create_task(self._heal())

    async def _heal(self) -> None:
        """Join and leave groups until each is as it should be, also those that fail meanwhile."""
        pause = RETRY_SECONDS
        while unsettled := [one for one in self._groups.items() if not one[1].is_settled()]:
            if await self._settle_in_batches(unsettled):
                pause = RETRY_SECONDS
            else:
                await asyncio.sleep(pause)
                pause = min(pause * 2, MAX_RETRY_SECONDS)
        self._refresh(None)

    async def _settle_in_batches(self, groups: Sequence[tuple[str, Group]]) -> bool:
        """Settle groups until a whole batch fails; return whether every batch had a success.

        A group that fails does not stop the others, and is tried after them the next time.
        """
        for at in range(0, len(groups), MAX_SETTLE_BATCH):
            batch = groups[at : at + MAX_SETTLE_BATCH]
            outcomes = await asyncio.gather(
                *(self._settle(name, group) for name, group in batch), return_exceptions=True
            )
            failures = 0
            for (name, group), error in zip(batch, outcomes, strict=True):
                if not isinstance(error, Exception):
                    continue
                failures += 1
                outages.channel_layer.failed(error)
                if self._groups.get(name) is group:
                    self._groups[name] = self._groups.pop(name)
            if failures == len(batch):
                return False
        return True


_local: Hub | None = None


def open_hub(layer: Any, refresh: Refresh) -> Hub:
    """Create the hub to which this process publishes directly from now on."""
    global _local  # noqa: PLW0603 - one per process, and made when its loop runs
    _local = Hub(layer, refresh)
    return _local


def local_hub() -> Hub | None:
    """Return the hub of this process, if it has sockets and this is their event loop."""
    return _local if _local and _local.loop is asyncio.get_running_loop() else None
