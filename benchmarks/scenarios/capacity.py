"""The most users that the server serves before deliveries come late, fail or get lost.

The number of users rises step by step until a step fails. A step is judged when what
was due in it has had its time, which for pages that poll is well after the next step
began; the steps go on meanwhile. Each search begins near what the last one found, at
another point of the grid, so that several searches say more than the grid's mesh.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

from benchmarks.measure.capacity import Capacity, Step, capacity
from benchmarks.recording import Window
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

GROWTH = 1.4
"""Users of one step over users of the step before."""

FIRST_TRY = 1.4
"""Users of the very first step, over those of the profile."""

SOON = 2.0
"""Seconds of grace that are waited for at once, rather than spent on the next step."""

SLOW_SHARE = 0.01
"""Share of operations over a second above which a server is about to fail a step."""

NEWCOMERS = 100
"""Users who connect between two checks whether an earlier step has failed meanwhile."""

LONGEST = 3
"""Length of a step's window over that of the shortest: few users write few messages."""

SETTLE = 0.5
"""Seconds between the last newcomer and the start of a step's window."""


async def run(session: BenchSession) -> None:
    """Rise until a step fails; if the first one does, retreat until one holds."""
    search = Search(session)
    first = users = _first_step(session)
    while await search.rise(users) and users < session.capacity_limit:
        users = min(_rooms(session, users * GROWTH), session.capacity_limit)
    await search.judge_all()
    users = first
    while not search.found.users and users > session.profile.room_size and session.is_whole:
        users = _rooms(session, users / GROWTH**2)
        await search.fall(users)
    await session.fleet.rest()
    session.known_capacity = search.found


@dataclass
class Search:
    """The steps that wait for their judgement, and those that are judged."""

    session: BenchSession
    steps: list[Step] = field(default_factory=list)
    pending: list[Window] = field(default_factory=list)
    loaded_since_ns: int = field(default_factory=time.monotonic_ns)

    @property
    def found(self) -> Capacity:
        """What the steps so far amount to."""
        return capacity(self.steps, self.session.capacity_limit_ms)

    @property
    def is_over(self) -> bool:
        """Whether a step has failed, or shown that the generator is at its limit."""
        return self.found.failed_at is not None or any(one.instrument for one in self.steps)

    async def rise(self, users: int) -> bool:
        """Try more users; return whether to go on."""
        session = self.session
        await session.fleet.rest()
        for reached in range(session.fleet.users + NEWCOMERS, users, NEWCOMERS):
            await session.connect(_rooms(session, reached))
            await self._judge_due()
            if self.is_over:
                return False
        await session.connect(users)
        window = await self._step()
        if session.grace <= SOON or await self._falls_behind(window):
            await self._wait()
        await self._judge_due()
        return not self.is_over

    async def fall(self, users: int) -> None:
        """Try fewer users, once the queue of the step that failed is empty."""
        await self.session.fleet.rest()
        await self.session.run_dry(self.loaded_since_ns)
        await self.session.fleet.leave(users)
        await self._step()
        await self._wait()
        await self._judge_due()

    async def judge_all(self) -> None:
        """Wait for what is pending, until a step fails."""
        while self.pending and not self.is_over:
            left = (self.pending[0].deadline_ns - time.monotonic_ns()) / 1e9
            with self.session.timeline.span("wait for late deliveries"):
                await asyncio.sleep(max(0.0, left))
            await self._judge_due()
        self.pending.clear()

    async def _wait(self) -> None:
        with self.session.timeline.span("wait for late deliveries"):
            await asyncio.sleep(self.session.grace)

    async def _step(self) -> Window:
        session, profile = self.session, self.session.profile
        self.loaded_since_ns = time.monotonic_ns()
        await session.fleet.load(profile.messages_per_user)
        with session.timeline.span("warm-up"):
            await asyncio.sleep(SETTLE)
        per_second = session.fleet.users * profile.messages_per_user
        shortest = profile.capacity_window
        seconds = min(LONGEST * shortest, max(shortest, profile.capacity_messages / per_second))
        window = await session.window("capacity", "step", seconds)
        self.pending.append(window)
        return window

    async def _judge_due(self) -> None:
        """Judge the steps whose deadline has passed."""
        while self.pending and self.pending[0].deadline_ns <= time.monotonic_ns():
            self.steps.append(await self._seen(self.pending.pop(0)))

    async def _seen(self, window: Window) -> Step:
        seen = await self.session.fleet.summary(window.start_ns, window.end_ns)
        return seen.step(window.users, window.room_size)

    async def _falls_behind(self, window: Window) -> bool:
        """Return whether more users would only lengthen a queue: then wait for the judgement."""
        seen = await self.session.fleet.summary(window.start_ns, window.end_ns)
        return seen.slow > SLOW_SHARE * seen.operations


def _first_step(session: BenchSession) -> int:
    """Return where to begin: up to a step below the capacity found before, at random."""
    known = session.known_capacity
    if known is None or not known.users:
        base = FIRST_TRY * session.profile.users
    else:
        rng = random.Random(session.repeat * 7919 + session.number)  # noqa: S311 - a schedule
        base = known.users / GROWTH ** rng.random()
    return min(_rooms(session, base), session.capacity_limit)


def _rooms(session: BenchSession, users: float) -> int:
    return max(1, round(users / session.profile.room_size)) * session.profile.room_size


SCENARIO = Scenario("capacity", "the most users served well, by search", 50, run, is_long=True)
