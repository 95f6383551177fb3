"""The open sockets of one process: who they belong to, and what they are subscribed to.

Every HEADS_EVERY seconds each socket receives the heads of its conversations, which heals a
lost broadcast: a client that is behind asks ``sync``. At the same time its session is checked,
and it joins and leaves groups to match its conversations. The sockets are refreshed in slices
spread over these seconds; the sockets of a slice share their queries.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Collection, Coroutine, Sequence
from contextvars import Context
from dataclasses import dataclass, replace

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.accounts.sessions import Visitor, still_signed_in
from reference_app.chat.fanout import channel_groups
from reference_app.chat.fanout.cancel import cancel_and_wait
from reference_app.chat.fanout.hub import Subscriber, open_hub
from reference_app.chat.fanout.send_buffers import EncodedFrame, SendBuffer
from reference_app.chat.queries import heads
from reference_app.chat.queries.heads import SubscriptionState
from reference_app.chat.sockets.batched_lookup import BatchedLookup
from reference_app.chat.sockets.dispatch import sync_rate, typing_rate
from reference_app.protocol import CLOSE_UNAUTHENTICATED
from reference_app.runtime.metrics import metrics
from reference_app.runtime.outages import record_failure
from reference_app.runtime.per_loop import PerLoop

logger = logging.getLogger(__name__)

REJOIN_SECONDS = 3_600.0
"""Time after which groups are joined again: Redis forgets members after a day
(channels_redis: group_expiry), and processes live longer."""

SLICES = 20
"""Parts that the sockets are split into, to be refreshed one after the other."""

MAX_REFRESHED = 50
"""Sockets that are refreshed together: a message waits for at most this many."""

LAG_CHECK_SECONDS = 0.5
"""Time between two checks of how late the event loop is."""


class Connection:
    """One user's open socket, and the conversations whose groups it is in."""

    __slots__ = (
        "_registry",
        "blocked_either_way",
        "buffer",
        "conversations",
        "person",
        "send_durable",
        "send_ephemeral",
        "sync_rate",
        "typing_rate",
        "who",
    )

    def __init__(self, who: Visitor, buffer: SendBuffer, registry: ConnectionRegistry) -> None:
        self.who = who
        self.buffer = buffer
        self.person: int = who.user.pk
        self.conversations: set[int] = set()
        self.blocked_either_way: frozenset[int] = frozenset()
        self.sync_rate = sync_rate()
        self.typing_rate = typing_rate()
        self._registry = registry
        # Groups write straight to the buffer, without a call in between.
        self.send_durable = buffer.send_durable
        self.send_ephemeral = buffer.send_ephemeral

    def membership_changed(self) -> None:
        """Receive the heads of one's conversations, the new one among them."""
        self._registry.refresh_soon([self])

    def is_subscribed(self, conversation_id: int) -> bool:
        """Whether the socket receives the events of a conversation."""
        return conversation_id in self.conversations


@dataclass(frozen=True)
class Refreshed:
    """What the database has for some sockets: the sessions that go on, the subscriptions."""

    signed_in: dict[str, User]
    subscriptions: dict[int, SubscriptionState]


class ConnectionRegistry:
    """The sockets of one event loop, and so of one process."""

    def __init__(self) -> None:
        self._hub = open_hub(get_channel_layer(), self._refresh_members)
        self._slices: list[dict[Connection, None]] = [{} for _ in range(SLICES)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscriptions = BatchedLookup(heads.load_subscriptions)

    async def add(self, connection: Connection) -> None:
        """Subscribe a new socket, then send its welcome.

        Its groups are joined first, so that nothing is lost between them and its first ``sync``.

        Raises:
            Error, UNREACHABLE: the database or the channel layer cannot be reached.
        """
        if not self._tasks:
            self._start(self._refresh_in_turn())
            self._start(_measure_lag())
        user = connection.who.user
        await self._hub.join({channel_groups.user_group(user.pk): None}, connection)
        state = await self._subscriptions.submit(user.pk) or SubscriptionState()
        await self._subscribe(connection, state)
        random.choice(self._slices)[connection] = None  # noqa: S311 - to spread work
        connection.buffer.reply(protocol.Welcome(me=user.as_person()))

    async def remove(self, connection: Connection) -> None:
        """Leave the groups of a socket that is closed."""
        for part in self._slices:
            part.pop(connection, None)
        await self._subscribe(connection, SubscriptionState())
        await self._hub.leave([channel_groups.user_group(connection.who.user.pk)], connection)

    async def close(self) -> None:
        """Stop the background tasks."""
        await cancel_and_wait(self._tasks)
        await self._hub.close()

    def refresh_soon(self, connections: Sequence[Connection]) -> None:
        """Refresh these sockets now, instead of when it is their turn."""
        self._start(self._refresh(connections))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        # A new context: with that of a request, whose thread publishes a message, the queries of
        # the task would use asgiref's executor, which ends with the request.
        task = asyncio.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _refresh_members(self, members: Collection[Subscriber] | None) -> None:
        """Refresh the sockets that may have missed an event; None means all of them."""
        everybody = [connection for part in self._slices for connection in part]
        chosen = everybody if members is None else [one for one in everybody if one in members]
        for at in range(0, len(chosen), MAX_REFRESHED):
            self.refresh_soon(chosen[at : at + MAX_REFRESHED])

    async def _refresh_in_turn(self) -> None:
        rejoined = time.monotonic()
        while True:
            for part in self._slices:
                connections = list(part)
                batches = [
                    connections[at : at + MAX_REFRESHED]
                    for at in range(0, len(connections), MAX_REFRESHED)
                ]
                for batch in batches or [[]]:
                    await asyncio.sleep(protocol.HEADS_EVERY / SLICES / max(1, len(batches)))
                    if batch:
                        await self._refresh(batch)
            if time.monotonic() - rejoined > REJOIN_SECONDS:
                rejoined = time.monotonic()
                self._hub.rejoin()

    async def _refresh(self, connections: Sequence[Connection]) -> None:
        """Send sockets their heads; close those whose session has ended."""
        try:
            found = await database_sync_to_async(_load)([one.who for one in connections])
        except Error as error:
            record_failure(error)
            return
        except Exception:
            # Whatever it is, it must not stop the refreshing of a whole process.
            logger.exception("heads are late")
            return
        # Concurrently: a socket whose groups cannot be joined must not delay the others.
        outcomes = await asyncio.gather(
            *(self._refresh_one(one, found) for one in connections if not one.buffer.closed),
            return_exceptions=True,
        )
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                logger.error("heads are late", exc_info=outcome)

    async def _refresh_one(self, connection: Connection, found: Refreshed) -> None:
        user = found.signed_in.get(connection.who.session)
        if user is None:
            connection.buffer.close(CLOSE_UNAUTHENTICATED)
            return
        # The user's name may have changed.
        connection.who = replace(connection.who, user=user)
        state = found.subscriptions.get(connection.person, SubscriptionState())
        # The groups are joined first: a client that sends ``sync`` because of its heads then misses
        # nothing that comes after. If the channel layer is away, the hub joins the groups later and
        # sends the heads again; until then the client gets only the heads.
        with contextlib.suppress(*channel_groups.UNREACHABLE):
            await self._subscribe(connection, state)
        frame = protocol.Heads(cursor=protocol.format_cursor(state.heads))
        connection.send_ephemeral(frame.type, EncodedFrame(frame.model_dump_json(), frame.type))

    async def _subscribe(self, connection: Connection, state: SubscriptionState) -> None:
        """Join the groups of a socket's conversations, and leave all others."""
        connection.blocked_either_way = state.blocked_either_way
        subscribed = state.subscribed
        old_ids = connection.conversations - subscribed.keys()
        connection.conversations -= old_ids
        await self._hub.leave(
            [channel_groups.conversation_group(id_) for id_ in old_ids], connection
        )
        if connection.buffer.closed:
            return
        new_ids = subscribed.keys() - connection.conversations
        # Added first: if the socket closes meanwhile, ``remove`` leaves these groups too.
        connection.conversations |= new_ids
        await self._hub.join(
            {channel_groups.conversation_group(id_): subscribed[id_] for id_ in new_ids},
            connection,
        )


def _load(visitors: Collection[Visitor]) -> Refreshed:
    return Refreshed(
        signed_in=still_signed_in(visitors),
        subscriptions=heads.load_subscriptions({one.user.pk for one in visitors}),
    )


async def _measure_lag() -> None:
    while True:
        due = time.monotonic() + LAG_CHECK_SECONDS
        await asyncio.sleep(LAG_CHECK_SECONDS)
        if metrics().wanted:
            metrics().measured_lag(max(0.0, time.monotonic() - due), len(asyncio.all_tasks()))


connection_registries = PerLoop(ConnectionRegistry)
"""The registry of each event loop."""
