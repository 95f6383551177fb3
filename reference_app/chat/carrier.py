"""The live sockets of one process: who they are, what they hear, and that they miss nothing.

Every HEADS_EVERY seconds each socket is told where its conversations stand, which heals a
lost broadcast: a client that is behind asks ``sync``. On that occasion its session is
looked at, and its groups are made those of its conversations. The sockets are spread over
these seconds, and those that are looked at together share their queries.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Collection, Coroutine, Sequence
from contextvars import Context
from dataclasses import dataclass, replace

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import Error

from reference_app.accounts.models import User
from reference_app.accounts.sessions import Visitor, still_signed_in
from reference_app.chat import groups, protocol, standing
from reference_app.chat.conversing import sync_pace, typing_pace
from reference_app.chat.ending import ended
from reference_app.chat.fanout import Subscriber, open_hub
from reference_app.chat.gathering import Gathered
from reference_app.chat.metrics import metrics
from reference_app.chat.outlets import Encoded, Outlet
from reference_app.chat.protocol import CLOSE_UNAUTHENTICATED
from reference_app.chat.standing import Standing

logger = logging.getLogger(__name__)

REJOIN_EVERY = 3_600.0
"""Seconds after which groups are joined again: Redis forgets members after a day
(channels_redis: group_expiry), and processes live longer."""


SPOKES = 20
"""Parts that the sockets are split into, to be looked at one after the other."""


LAG_EVERY = 0.5
"""Seconds between two looks at how late the event loop is."""

TOGETHER = 50
"""Most sockets that are looked at in one go: nobody's message waits for more of them."""


class LiveSocket:
    """One person's open socket, and the conversations whose groups it is in."""

    __slots__ = (
        "_carrier",
        "conversations",
        "estranged",
        "hint",
        "outlet",
        "person",
        "sync_pace",
        "tell",
        "typing_pace",
        "who",
    )

    def __init__(self, who: Visitor, outlet: Outlet, carrier: Carrier) -> None:
        self.who = who
        self.outlet = outlet
        self.person: int = who.user.pk
        self.conversations: set[int] = set()
        self.estranged: frozenset[int] = frozenset()
        self.sync_pace = sync_pace()
        self.typing_pace = typing_pace()
        self._carrier = carrier
        # What groups hand over goes straight to the outlet.
        self.tell = outlet.tell
        self.hint = outlet.hint

    def membership_changed(self) -> None:
        """Be told where one's conversations stand, the new one among them."""
        self._carrier.look_soon([self])

    def hears(self, conversation_id: int) -> bool:
        """Whether one is told of what happens in a conversation."""
        return conversation_id in self.conversations


@dataclass(frozen=True)
class Look:
    """What the database says of some sockets: whose sessions go on, and where each stands."""

    signed_in: dict[str, User]
    standings: dict[int, Standing]


class Carrier:
    """The sockets of one event loop, which is to say of one process."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._hub = open_hub(get_channel_layer(), self._refresh)
        self._wheel: list[dict[LiveSocket, None]] = [{} for _ in range(SPOKES)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._standings = Gathered(standing.standings)

    async def welcome(self, socket: LiveSocket) -> None:
        """Join the groups first, so that nothing falls between them and the sync that follows.

        Raises:
            Error, UNREACHABLE: the database or the channel layer cannot be reached.
        """
        if not self._tasks:
            self._start(self._turn())
            self._start(_watch_lag())
        user = socket.who.user
        await self._hub.join({groups.user_group(user.pk): None}, socket)
        await self._hear(socket, await self._standings.get(user.pk) or Standing())
        random.choice(self._wheel)[socket] = None  # noqa: S311 - to spread work
        socket.outlet.reply(protocol.Welcome(me=user.as_person()))

    async def farewell(self, socket: LiveSocket) -> None:
        """Leave the groups."""
        for spoke in self._wheel:
            spoke.pop(socket, None)
        await self._hear(socket, Standing())
        await self._hub.leave([groups.user_group(socket.who.user.pk)], socket)

    async def close(self) -> None:
        """Stop what runs besides the sockets."""
        await ended(self._tasks)
        await self._hub.close()

    def look_soon(self, sockets: Sequence[LiveSocket]) -> None:
        """Do for these sockets now what is done for all in turn."""
        self._start(self._look(sockets))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        # In a context of its own: that of a request, in whose thread a message was published, ends
        # with the request, and with it asgiref's executor for what the task asks the database.
        task = asyncio.create_task(work, context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _refresh(self, members: Collection[Subscriber] | None) -> None:
        """Send these sockets, or all, the heads of their conversations: they may have missed some.

        A few at a time, as in a turn.
        """
        everybody = [socket for spoke in self._wheel for socket in spoke]
        sockets = everybody if members is None else [one for one in everybody if one in members]
        for at in range(0, len(sockets), TOGETHER):
            self.look_soon(sockets[at : at + TOGETHER])

    async def _turn(self) -> None:
        rejoined = time.monotonic()
        while True:
            for spoke in self._wheel:
                sockets = list(spoke)
                parts = [sockets[at : at + TOGETHER] for at in range(0, len(sockets), TOGETHER)]
                for part in parts or [[]]:
                    await asyncio.sleep(protocol.HEADS_EVERY / SPOKES / max(1, len(parts)))
                    if part:
                        await self._look(part)
            if time.monotonic() - rejoined > REJOIN_EVERY:
                rejoined = time.monotonic()
                self._start(self._hub.rejoin())

    async def _look(self, sockets: Sequence[LiveSocket]) -> None:
        """Tell sockets where they stand; end those whose session has ended."""
        try:
            found = await database_sync_to_async(_look_at)([one.who for one in sockets])
            for socket in sockets:
                if socket.outlet.closed:
                    continue
                user = found.signed_in.get(socket.who.session)
                if user is None:
                    socket.outlet.close(CLOSE_UNAUTHENTICATED)
                    continue
                # They may be called something else by now.
                socket.who = replace(socket.who, user=user)
                stands = found.standings.get(socket.person, Standing())
                # Joined before told: who asks ``sync`` because of it misses nothing after.
                await self._hear(socket, stands)
                frame = protocol.Heads(cursor=protocol.format_cursor(stands.heads))
                socket.hint(frame.type, Encoded(frame.model_dump_json(), frame.type))
        except (Error, *groups.UNREACHABLE) as error:
            logger.warning("heads are late: %s", error)
        except Exception:
            # Whatever it is: the healing of a whole process must not end with it.
            logger.exception("heads are late")

    async def _hear(self, socket: LiveSocket, stands: Standing) -> None:
        """Be in the groups of the conversations that one hears, and of no other."""
        socket.estranged = stands.estranged
        heads = stands.audible
        ended_ids = socket.conversations - heads.keys()
        socket.conversations -= ended_ids
        await self._hub.leave([groups.conversation_group(id_) for id_ in ended_ids], socket)
        if socket.outlet.closed:
            return
        new_ids = heads.keys() - socket.conversations
        # Added first: should the socket close meanwhile, leaving undoes these joins too.
        socket.conversations |= new_ids
        await self._hub.join(
            {groups.conversation_group(id_): heads[id_] for id_ in new_ids}, socket
        )


def _look_at(visitors: Collection[Visitor]) -> Look:
    return Look(
        signed_in=still_signed_in(visitors),
        standings=standing.standings({one.user.pk for one in visitors}),
    )


async def _watch_lag() -> None:
    while True:
        due = time.monotonic() + LAG_EVERY
        await asyncio.sleep(LAG_EVERY)
        noting = metrics()
        if noting.wanted:
            noting.looked(max(0.0, time.monotonic() - due), len(asyncio.all_tasks()))


_current: Carrier | None = None


def current_carrier() -> Carrier:
    """Return the running event loop's carrier, made at need."""
    global _current  # noqa: PLW0603 - one per process, and made when its loop runs
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = Carrier()
    return _current
