"""The short poll: a page requests new events every few seconds."""

from __future__ import annotations

import asyncio
import random
import time

from benchmarks.generator.inbox import Inbox
from benchmarks.generator.log import Sent
from benchmarks.generator.members import Member
from benchmarks.generator.users import UserContext, record_events, send_by_post, type_by_post
from benchmarks.transports.base import Transport
from reference_app import protocol

POLL_EVERY = (2.0, 5.0)
"""Range of the seconds between two polls, drawn uniformly: the migration write-up's "2 to 5 s"
(docs/benchmark.md)."""


class ShortPollUser:
    """A page that requests new events every few seconds."""

    def __init__(self, member: Member, context: UserContext) -> None:
        self.member = member
        self._context = context
        self._inbox = Inbox()
        self._random = random.Random(context.seed)  # noqa: S311 - a schedule, not a secret
        self._poller: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Load the state, then start polling."""
        await self._poll("connect")
        self._poller = asyncio.create_task(self._poll_repeatedly())

    async def disconnect(self) -> None:
        """Stop polling."""
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
        # Pages are opened at random times, so the first poll is at a random time in an interval.
        await asyncio.sleep(self._random.uniform(0, POLL_EVERY[1]))
        while True:
            await self._poll("poll")
            await asyncio.sleep(self._random.uniform(*POLL_EVERY))

    async def _poll(self, kind: str) -> None:
        """Send one request, and record the messages and typists of its answer."""
        path = f"/api/sync?cursor={self._inbox.cursor}&watching={self.member.room}"
        answer = await self._context.requests.request(self.member, kind, "GET", path)
        now = time.monotonic_ns()
        if answer is None:
            return
        log = self._context.log
        changes = protocol.Changes.model_validate_json(answer)
        record_events(log, self._inbox.catch_up(changes), self.member.id, now, "sync")
        for typing in changes.typing:
            log.typing_arrived(typing.conversation, typing.person.id, self.member.id, now, "sync")


TRANSPORT = Transport(
    name="polling",
    summary="short poll: the page asks every 2 to 5 s",
    longest_ms=POLL_EVERY[1] * 1000,
    user=ShortPollUser,
    setting="polling",
)
