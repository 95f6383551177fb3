"""Storing messages under load: one transaction for all that wait, published in their order.

A transaction costs about as much for many messages as for one. Messages that arrive while one
runs are stored by the next. Acknowledgements are sent when it has committed, so in the order
in which the messages arrived.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from channels.db import database_sync_to_async

from reference_app.chat.fanout import publish
from reference_app.chat.fanout.publish_queue import PUBLISH_TIMEOUT_SECONDS
from reference_app.chat.records.draft import Draft
from reference_app.chat.store import messages
from reference_app.chat.store.messages import StoredMessage
from reference_app.protocol import Ack
from reference_app.runtime.batching import Batcher
from reference_app.runtime.metrics import metrics
from reference_app.runtime.per_loop import PerLoop

MAX_BATCH = 200
"""Messages of one transaction."""

MAX_UNPUBLISHED = MAX_BATCH
"""Stored messages that may wait to be published before the next batch is stored: the sender of
an acknowledged message expects others to see it soon."""


class MessageWriter(Batcher[Draft, Ack]):
    """Stores and publishes the messages of one event loop."""

    max_batch = MAX_BATCH

    def __init__(self) -> None:
        super().__init__()
        self._unpublished: deque[StoredMessage] = deque()
        self._publishing: asyncio.Task[None] | None = None

    async def process(self, requests: Sequence[Draft]) -> Sequence[Ack | Exception]:
        """Store messages in one transaction."""
        results = await database_sync_to_async(messages.append_messages)(requests)
        stored = [one for one in results if isinstance(one, StoredMessage)]
        metrics().stored(sum(not one.ack.duplicate for one in stored))
        self._unpublished.extend(stored)
        return [one.ack if isinstance(one, StoredMessage) else one for one in results]

    async def after_batch(self) -> None:
        """Publish what was stored; wait if too much is unpublished, within a time limit."""
        if self._unpublished and self._publishing is None:
            self._publishing = asyncio.create_task(self._publish())
        if self._publishing and len(self._unpublished) > MAX_UNPUBLISHED:
            await asyncio.wait([self._publishing], timeout=PUBLISH_TIMEOUT_SECONDS)

    async def _publish(self) -> None:
        """Publish what was stored, in its order.

        Other tasks run between two messages: to write one message to all local sockets of a
        large room takes milliseconds, in which nothing else is read or answered.
        """
        try:
            while self._unpublished:
                stored = self._unpublished.popleft()
                await publish_stored(stored)
                await publish.wait_for_room()
                await asyncio.sleep(0)
        finally:
            self._publishing = None


async def publish_stored(stored: StoredMessage) -> None:
    """Publish a stored message to its audience."""
    audience = stored.audience
    await publish.publish(stored.event, audience.hidden_from, is_repeat=stored.ack.duplicate)
    await publish.publish_refresh(audience.synced)


message_writers = PerLoop(MessageWriter)
"""The writer of each event loop."""
