"""The long poll: a page asks what is new, and the server answers when something is.

The user does as the page does (web/js/transport): the first question is a short one, which
is answered at once. After it the server holds each question until something has happened,
and the next follows a moment after the answer. Where a question fails, the page waits as
between two short polls, and longer with each failure, and begins with a short one again.
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
"""Time from an answer to the next question, so that a server that answers at once is not
asked in a circle."""

HELD_WHILE_TYPING_SECONDS = protocol.TYPING_LIFETIME - 2
"""Longest that a question is held while somebody types: a notice is void if not repeated."""

RETRY_AFTER = (2.0, 5.0)
"""Seconds until the page asks again after a failure, drawn uniformly, before its back-off."""

FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS = 0.5, 20.0
"""Limits of the back-off, which doubles with each failure and is drawn uniformly below."""


class LongPollUser:
    """A page that always has a question waiting at the server."""

    def __init__(self, member: Member, context: UserContext) -> None:
        self.member = member
        self._context = context
        self._inbox = Inbox()
        self._random = random.Random(context.seed)  # noqa: S311 - a schedule, not a secret
        self._poller: asyncio.Task[None] | None = None
        self._typists: set[int] = set()
        self._failures = 0

    async def connect(self) -> None:
        """Load the state, then have a question wait at the server."""
        await self._ask("connect", is_held=False)
        self._poller = asyncio.create_task(self._ask_on())

    async def disconnect(self) -> None:
        """Give up the question that waits."""
        if self._poller:
            self._poller.cancel()
            await asyncio.gather(self._poller, return_exceptions=True)

    async def send(self, sent: Sent) -> None:
        """Write a message; its answer is the acknowledgement."""
        await send_by_post(self._context, self.member, sent)

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Say that one types, or has stopped."""
        await type_by_post(self._context, self.member, sent, active=active)

    async def _ask_on(self) -> None:
        while True:
            await asyncio.sleep(self._pause())
            if self._failures:
                await self._ask("poll", is_held=False)
            else:
                await self._ask(HELD, is_held=True)

    def _pause(self) -> float:
        """Return the seconds until the next question."""
        if not self._failures:
            return PAUSE_SECONDS
        longest = min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (self._failures - 1))
        return self._random.uniform(*RETRY_AFTER) + self._random.uniform(0, longest) + PAUSE_SECONDS

    async def _ask(self, kind: str, *, is_held: bool) -> None:
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
        self._take(protocol.Changes.model_validate_json(answer), HELD if is_held else "sync")

    def _take(self, changes: protocol.Changes, via: str) -> None:
        now, log = time.monotonic_ns(), self._context.log
        record_events(log, self._inbox.catch_up(changes), self.member.id, now, via)
        typists = {typing.person.id for typing in changes.typing}
        # An answer has all who type; those of the answer before were shown then.
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
