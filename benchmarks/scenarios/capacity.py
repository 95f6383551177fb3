"""The most users that the server carries before deliveries come late, fail or get lost.

The number of users rises step by step until a step fails. A step is judged when what
was due in it has had its time, which for pages that poll is well after the next step
began; the steps go on meanwhile. Each repeat begins at another point of the grid, so
that several repeats tell more than the grid's mesh.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from benchmarks.measure.capacity import Step, why_not
from benchmarks.recording import Window
from benchmarks.run.session import SLACK, BenchSession
from benchmarks.scenarios.base import Scenario

GROWTH = 1.4
"""Users of one step over users of the step before."""

FIRST_TRY = 1.4
"""Users of the very first step, over those of the profile."""

RETREAT = 1.6
"""Users of a failed first step over users of the next try."""

SOON = 2.0
"""Seconds of grace that are waited for at once, rather than spent on the next step."""

SLOW_SHARE = 0.01
"""Share of operations over a second from which on a server is about to fail a step."""

NEWCOMERS = 100
"""Users who arrive between two looks at whether a step before has failed meanwhile."""

SETTLE = 0.5
"""Seconds after newcomers arrived before a step counts."""


async def run(session: BenchSession) -> None:
    """Rise until a step fails; if the first one does, retreat until one holds."""
    search = Search(session)
    first = users = _first_step(session)
    while users <= session.profile.capacity_limit and await search.rise(users):
        users = _rooms(session, users * GROWTH)
    await search.judge_all()
    users = first
    while not search.held and users > session.profile.room_size:
        users = _rooms(session, users / RETREAT)
        await search.fall(users)
    await session.fleet.rest()
    session.known_capacity = search.held


@dataclass
class Search:
    """The steps that wait for their judgement, and what the others came to."""

    session: BenchSession
    held: int = 0
    failed: bool = False
    pending: list[Window] = field(default_factory=list)

    async def rise(self, users: int) -> bool:
        """Try more users; False if a step has failed."""
        await self.session.fleet.rest()
        for reached in range(self.session.fleet.users + NEWCOMERS, users, NEWCOMERS):
            await self.session.fleet.connect(_rooms(self.session, reached))
            await self._judge_due()
            if self.failed:
                return False
        await self.session.fleet.connect(users)
        window = await self._step()
        if self.session.grace <= SOON or await _falls_behind(self.session, window):
            await asyncio.sleep(self.session.grace)
        await self._judge_due()
        return not self.failed

    async def fall(self, users: int) -> None:
        """Try fewer users, once the queue of the step that failed has run dry."""
        await self.session.fleet.rest()
        await self.session.fleet.leave(users)
        await asyncio.sleep(self.session.grace)
        await self._step()
        await asyncio.sleep(self.session.grace)
        await self._judge_due()

    async def judge_all(self) -> None:
        """Wait for what is pending, until a step fails."""
        while self.pending and not self.failed:
            left = (self.pending[0].deadline_ns - time.monotonic_ns()) / 1e9
            await asyncio.sleep(max(0.0, left))
            await self._judge_due()
        self.pending.clear()

    async def _step(self) -> Window:
        profile = self.session.profile
        await self.session.fleet.load(profile.messages_per_user)
        await asyncio.sleep(SETTLE)
        window = await self.session.window("capacity", "step", profile.capacity_window)
        self.pending.append(window)
        return window

    async def _judge_due(self) -> None:
        """Judge the steps whose deadline has passed."""
        limit_ms = self.session.transport_ms + SLACK * 1000
        while self.pending and self.pending[0].deadline_ns <= time.monotonic_ns():
            window = self.pending.pop(0)
            seen = await self.session.fleet.summary(window.start_ns, window.end_ns)
            step = Step(
                users=window.users,
                expected=seen.acknowledged * (window.room_size - 1),
                latencies_ms=seen.latencies_ms,
                operations=seen.operations,
                errors=sum(seen.errors.values()),
                unacknowledged=seen.sent - seen.acknowledged,
            )
            if why_not(step, limit_ms):
                self.failed = True
                return
            self.held = max(self.held, window.users)


async def _falls_behind(session: BenchSession, window: Window) -> bool:
    """Return whether going on would only add to a queue: then the judgement is waited for."""
    seen = await session.fleet.summary(window.start_ns, window.end_ns)
    return seen.slow > SLOW_SHARE * seen.operations


def _first_step(session: BenchSession) -> int:
    """Return where to begin: a step or less below the capacity found before, at random."""
    rng = random.Random(session.repeat * 7919 + session.number)  # noqa: S311 - a schedule
    base = session.known_capacity / GROWTH or FIRST_TRY * session.profile.users
    return _rooms(
        session, min(base * GROWTH ** (rng.random() - 0.5), session.profile.capacity_limit)
    )


def _rooms(session: BenchSession, users: float) -> int:
    return max(1, round(users / session.profile.room_size)) * session.profile.room_size


SCENARIO = Scenario("capacity", "the most users carried, by search", 50, run)
