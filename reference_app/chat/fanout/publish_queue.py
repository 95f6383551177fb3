"""The queue of messages to other processes, through the channel layer: no sender waits for it.

Redis may hang instead of failing. Then no acknowledgement and no socket of this process may wait
for it. So messages for other processes go through a bounded queue with a time limit, and are sent
when the channel layer answers again. Messages that the queue drops are not lost: a client that
misses a seq asks ``sync``.

Typing notices have a separate queue. It keeps only the newest notice of each person in each
conversation, so that a client that sends notices without a pause takes no room from messages.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict, deque
from typing import Any

from reference_app.chat.fanout.cancel import cancel_and_wait
from reference_app.chat.fanout.channel_groups import UNREACHABLE
from reference_app.chat.fanout.circuit_breaker import RETRY_SECONDS, CircuitBreaker
from reference_app.runtime import outages

logger = logging.getLogger(__name__)

PUBLISH_TIMEOUT_SECONDS = 1.0
"""Time after which a channel layer that has completed nothing counts as hung."""

PROGRESS_CHECKS = 4
"""Checks for progress within the time limit. There are several, because a pause of this process's
event loop does not mean that the channel layer hangs: it uses up only one check."""

MAX_QUEUED = 1_000
"""Maximum number of messages that wait for the channel layer; beyond it the oldest is dropped."""

MAX_BATCH = 200
"""Maximum number of messages that are sent to the channel layer at the same time."""

Message = dict[str, Any]
Batch = dict[str, deque[Message]]


class Publisher:
    """Publishes the messages of one process: those of a group in order, groups concurrently."""

    def __init__(self, layer: Any) -> None:
        self._layer = layer
        self._queue: deque[tuple[str, Message]] = deque()
        self._notices: dict[tuple[str, Any], Message] = {}
        self._breaker = CircuitBreaker(outages.channel_layer)
        self._publishing: asyncio.Task[None] | None = None
        self._completed = 0
        self._has_room = asyncio.Event()
        self._has_room.set()

    def publish(self, group: str, message: Message) -> None:
        """Queue a message for the members of a group in other processes; never wait."""
        if _is_notice(message):
            self._put_notice((group, message.get("about")), message)
        else:
            self._put_message(group, message)
        if self._publishing is None:
            self._publishing = asyncio.create_task(self._publish_queue())

    async def wait_for_room(self) -> None:
        """Wait while more than a batch is queued, unless the channel layer hangs."""
        await self._has_room.wait()

    async def close(self) -> None:
        """Stop publishing; what is queued is dropped."""
        if self._publishing:
            await cancel_and_wait([self._publishing])

    def _put_message(self, group: str, message: Message) -> None:
        if len(self._queue) >= MAX_QUEUED:
            self._queue.popleft()
        self._queue.append((group, message))
        if len(self._queue) > MAX_BATCH and not self._breaker.has_failed:
            self._has_room.clear()

    def _put_notice(self, key: tuple[str, Any], message: Message) -> None:
        if self._breaker.has_failed:
            return
        if key in self._notices or len(self._notices) < MAX_QUEUED:
            self._notices[key] = message

    async def _publish_queue(self) -> None:
        try:
            while self._queue or self._notices:
                batch = self._take_batch()
                error = await self._publish_batch(batch)
                if error is None:
                    self._breaker.succeeded()
                    continue
                self._breaker.failed(error, slowly=False)
                self._has_room.set()
                self._put_back(batch)
                self._notices.clear()  # late notices are useless
                await asyncio.sleep(RETRY_SECONDS)
        finally:
            self._publishing = None
            self._has_room.set()

    def _take_batch(self) -> Batch:
        """Take messages, then notices, by group; only one if the channel layer did not answer."""
        batch: Batch = defaultdict(deque)
        size = 1 if self._breaker.has_failed else MAX_BATCH
        for _ in range(min(size, len(self._queue))):
            group, message = self._queue.popleft()
            batch[group].append(message)
            size -= 1
        for key in list(self._notices)[:size]:
            batch[key[0]].append(self._notices.pop(key))
        if len(self._queue) <= MAX_BATCH:
            self._has_room.set()
        return batch

    def _put_back(self, batch: Batch) -> None:
        """Queue again, in order, the messages that were not published."""
        kept = [
            (group, message)
            for group, messages in batch.items()
            for message in messages
            if not _is_notice(message)
        ]
        self._queue.extendleft(reversed(kept[: MAX_QUEUED - len(self._queue)]))

    async def _publish_batch(self, batch: Batch) -> BaseException | None:
        """Publish a batch; return the error, if any, and leave in the batch what is unpublished."""
        tasks = {
            asyncio.create_task(self._publish_in_order(group, messages))
            for group, messages in batch.items()
        }
        running, idle_checks = tasks, 0
        while running:
            completed = self._completed
            _done, running = await asyncio.wait(
                running, timeout=PUBLISH_TIMEOUT_SECONDS / PROGRESS_CHECKS
            )
            idle_checks = 0 if self._completed > completed else idle_checks + 1
            if running and idle_checks == PROGRESS_CHECKS:
                await cancel_and_wait(running)
                return TimeoutError(f"no answer within {PUBLISH_TIMEOUT_SECONDS:g} s")
        return next((error for task in tasks if (error := task.exception())), None)

    async def _publish_in_order(self, group: str, messages: deque[Message]) -> None:
        while messages:
            try:
                await self._layer.group_send(group, messages[0])
            except UNREACHABLE:
                raise
            except Exception:
                # Any other error comes from the message: a retry would raise it again.
                logger.exception("a message is not published")
            messages.popleft()
            self._completed += 1


class DirectPublisher:
    """Publishes one message at a time, with the time limit, for an event loop that ends soon."""

    def __init__(self) -> None:
        self._breaker = CircuitBreaker(outages.channel_layer)

    async def publish(self, layer: Any, group: str, message: Message) -> None:
        """Publish a message, unless the channel layer does not answer."""
        if not self._breaker.allows_call():
            return
        sending = asyncio.create_task(layer.group_send(group, message))
        await asyncio.wait([sending], timeout=PUBLISH_TIMEOUT_SECONDS)
        if not sending.done():
            await cancel_and_wait([sending])
            error = TimeoutError(f"no answer within {PUBLISH_TIMEOUT_SECONDS:g} s")
            self._breaker.failed(error, slowly=True)
            return
        try:
            sending.result()
        except UNREACHABLE as refused:
            self._breaker.failed(refused, slowly=False)
        else:
            self._breaker.succeeded()


def _is_notice(message: Message) -> bool:
    """Return whether a message is a typing notice, which a newer one of its person replaces."""
    return message.get("kind") == "typing"
