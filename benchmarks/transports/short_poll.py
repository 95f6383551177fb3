"""The short poll: a page asks every few seconds what is new."""

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
"""Seconds between two polls, drawn uniformly: the migration write-up's "2 to 5 s"."""


class ShortPollUser:
    """A page that asks every few seconds what is new."""

    def __init__(self, member: Member, context: UserContext) -> None:
        self.member = member
        self._context = context
        self._inbox = Inbox()
        self._random = random.Random(context.seed)  # noqa: S311 - a schedule, not a secret
        self._poller: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Load the state, then poll on."""
        await self._poll("connect")
        self._poller = asyncio.create_task(self._poll_on())

    async def disconnect(self) -> None:
        """Stop polling."""
        if self._poller:
            self._poller.cancel()
            await asyncio.gather(self._poller, return_exceptions=True)

    async def send(self, sent: Sent) -> None:
        """Write a message; its answer is the acknowledgement."""
        await send_by_post(self._context, self.member, sent)

    async def type(self, sent: Sent, *, active: bool) -> None:
        """Say that one types, or has stopped."""
        await type_by_post(self._context, self.member, sent, active=active)

    async def _poll_on(self) -> None:
        # People open their pages at any time: the first poll falls anywhere in an interval.
        await asyncio.sleep(self._random.uniform(0, POLL_EVERY[1]))
        while True:
            await self._poll("poll")
            await asyncio.sleep(self._random.uniform(*POLL_EVERY))

    async def _poll(self, kind: str) -> None:
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
