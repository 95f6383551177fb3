"""The long poll: a page requests new events, and the server answers when there are some.

The user behaves as the page does (web/js/transport). The first request is a short poll, which
the server answers at once. After it, the server holds each request until there is a new event,
and the next request follows shortly after the answer. After a failed request, the page waits as
between two short polls, with a back-off that grows with each failure, and then begins with a
short poll again.
"""

from __future__ import annotations

import asyncio
import random
import time

from benchmarks.generator.inbox import Inbox
from benchmarks.generator.log import Sent
from benchmarks.generator.members import Member
from benchmarks.generator.users import (
    HELD,
    REQUEST_TIMEOUT,
    UserContext,
    record_events,
    send_by_post,
    type_by_post,
)
from benchmarks.transports.base import Transport
from reference_app import protocol

PAUSE_SECONDS = 0.1
"""Time from an answer to the next request, so that a server that answers at once is not
requested in a tight loop."""

HELD_WHILE_TYPING_SECONDS = protocol.TYPING_LIFETIME - 2
"""Longest time that a request is held while somebody types: a typing notice expires unless it is
repeated."""

RETRY_AFTER = (2.0, 5.0)
"""Range of the seconds from a failure to the next request, drawn uniformly; the back-off is
added."""

FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.5, 20.0
"""Upper bound of the first back-off, and of all. The bound doubles with each failure; the back-off
is drawn uniformly below it."""


class LongPollUser:
    """A page that always has a request pending at the server."""

    def __init__(self, member: Member, context: UserContext) -> None:
        self.member = member
        self._context = context
        self._inbox = Inbox()
        self._random = random.Random(context.seed)  # noqa: S311 - a schedule, not a secret
        self._poller: asyncio.Task[None] | None = None
        self._typists: set[int] = set()
        self._failures = 0

    async def connect(self) -> None:
        """Load the state, then start polling."""
        await self._poll("connect", is_held=False)
        self._poller = asyncio.create_task(self._poll_repeatedly())

    async def disconnect(self) -> None:
        """Stop polling, and cancel the pending request."""
        if self._poller:
            self._poller.cancel()
            await asyncio.gather(self._poller, return_exceptions=True)

    async def send(self, sent: Sent) -> None:
        """Send a message by a request; the answer is the acknowledgement."""
        await send_by_post(self._context, self.member, sent)

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Send a notice that the user types, or has stopped."""
        await type_by_post(self._context, self.member, sent, active=active)

    async def _poll_repeatedly(self) -> None:
        """Poll until cancelled."""
        while True:
            await asyncio.sleep(self._pause())
            if self._failures:
                await self._poll("poll", is_held=False)
            else:
                await self._poll(HELD, is_held=True)

    def _pause(self) -> float:
        """Return the seconds until the next request."""
        if not self._failures:
            return PAUSE_SECONDS
        longest = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (self._failures - 1))
        return self._random.uniform(*RETRY_AFTER) + self._random.uniform(0, longest) + PAUSE_SECONDS

    async def _poll(self, kind: str, *, is_held: bool) -> None:
        """Send one request, held or not, and process its answer."""
        query = f"cursor={self._inbox.cursor}&watching={self.member.room}"
        path, held = f"/api/sync?{query}", 0
        if is_held:
            held = HELD_WHILE_TYPING_SECONDS if self._typists else protocol.LONG_POLL_LIMIT
            shown = ",".join(str(person) for person in sorted(self._typists))
            path = f"/api/sync/wait?{query}&seconds={held}&typing={shown}"
        answer = await self._context.requests.request(
            self.member, kind, "GET", path, timeout_seconds=held + REQUEST_TIMEOUT
        )
        if answer is None:
            self._failures += 1
            return
        self._failures = 0
        self._process(protocol.Changes.model_validate_json(answer), HELD if is_held else "sync")

    def _process(self, changes: protocol.Changes, via: str) -> None:
        """Record the messages and the new typists of an answer."""
        now, log = time.monotonic_ns(), self._context.log
        record_events(log, self._inbox.catch_up(changes), self.member.id, now, via)
        typists = {typing.person.id for typing in changes.typing}
        # An answer lists all who type; those in the previous answer are already recorded.
        for person in typists - self._typists:
            log.typing_arrived(self.member.room, person, self.member.id, now, via)
        self._typists = typists


TRANSPORT = Transport(
    name="long-poll",
    summary="long poll: the server holds the page's question until something is new",
    longest_ms=0.0,
    user=LongPollUser,
    setting="polling",
)
