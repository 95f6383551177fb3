"""Storing under load: waiting messages are stored in one transaction, and published in order.

A transaction costs about as much for many messages as for one, so while one runs, what
arrives meanwhile is gathered for the next. With nothing to gather a message is stored at
once. One transaction of a process runs at a time; acknowledgements go out when it has
committed, and so in the order in which their messages came.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from channels.db import database_sync_to_async

from reference_app.chat import publish, store
from reference_app.chat.metrics import metrics
from reference_app.chat.protocol import Ack, Refused
from reference_app.chat.publisher import PUBLISH_TIMEOUT_SECONDS
from reference_app.chat.store import Draft, StoredMessage

MOST_AT_ONCE = 200
"""Messages of one transaction: bounds how long the first of them waits for the last."""


MAX_UNPUBLISHED = MOST_AT_ONCE
"""Stored messages that wait to be published, beyond which the next are not stored yet: the
sender of an acknowledged message may expect others to see it soon."""


@dataclass(frozen=True)
class Waiting:
    """A message that waits to be stored, and who waits for that."""

    draft: Draft
    stored: asyncio.Future[Ack]


class Writer:
    """Stores the messages of one event loop, which is to say of one process."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self._waiting: deque[Waiting] = deque()
        self._unpublished: deque[StoredMessage] = deque()
        self._storing: asyncio.Task[None] | None = None
        self._publishing: asyncio.Task[None] | None = None

    async def append(self, draft: Draft) -> Ack:
        """Store a message and publish it; return when it is stored.

        Raises:
            Refused: see store.append_message.
            Error: the database failed.
        """
        stored: asyncio.Future[Ack] = self.loop.create_future()
        self._waiting.append(Waiting(draft, stored))
        if self._storing is None:
            self._storing = asyncio.create_task(self._store())
        return await stored

    async def _store(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            try:
                results = await database_sync_to_async(store.append_messages)(
                    [one.draft for one in batch]
                )
            except Exception as error:  # noqa: BLE001 - theirs, who wait for it
                self._answer(batch, [error] * len(batch))
            else:
                metrics().stored(sum(isinstance(one, StoredMessage) for one in results))
                self._answer(batch, results)
            if self._publishing and len(self._unpublished) > MAX_UNPUBLISHED:
                await asyncio.wait([self._publishing], timeout=PUBLISH_TIMEOUT_SECONDS)
        self._storing = None

    def _answer(
        self, batch: Sequence[Waiting], results: Sequence[StoredMessage | Refused | Exception]
    ) -> None:
        for one, result in zip(batch, results, strict=True):
            if isinstance(result, StoredMessage) and result.event:
                self._unpublished.append(result)
            if one.stored.done():
                continue  # its socket has gone meanwhile
            if isinstance(result, StoredMessage):
                one.stored.set_result(result.ack)
            else:
                one.stored.set_exception(result)
        if self._unpublished and self._publishing is None:
            self._publishing = asyncio.create_task(self._publish())

    async def _publish(self) -> None:
        """Publish what was stored, in its order.

        Each waits for its turn on the event loop: writing one message to all local sockets of
        a large room takes milliseconds, in which nothing else is read or answered.
        """
        try:
            while self._unpublished:
                stored = self._unpublished.popleft()
                assert stored.event is not None
                await publish.publish(stored.event, stored.hidden_from)
                await publish.wait_for_room()
                await asyncio.sleep(0)
        finally:
            self._publishing = None


_current: Writer | None = None


def current_writer() -> Writer:
    """Return the running event loop's writer, made at need."""
    global _current  # noqa: PLW0603 - one per process, and made when its loop runs
    if _current is None or _current.loop is not asyncio.get_running_loop():
        _current = Writer()
    return _current
