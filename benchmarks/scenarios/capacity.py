"""The most users that the server serves before deliveries come late, fail or get lost.

The number of users rises step by step until a step fails: fast while the server has
processor time to spare, slowly near its limit. A step is judged when what was due in it has
had its time, which for pages that poll is well after the next step began; the steps go on
meanwhile. Each search begins near what the last one found, at another point of the grid, so
that several searches say more than the grid's mesh. A step that the instrument spoiled is
tried again, if the run has time to spare.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from benchmarks.measure.capacity import Capacity, Step, capacity, why_not
from benchmarks.measure.validity import disturbed_because
from benchmarks.recording import Window
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

GROWTH = 1.2
"""Users of one step over users of the step before, near the server's limit: the mesh."""

FASTEST = 2.5
"""The same at most, far from it."""

FURTHEST = 8.0
"""Users of the first step over those of the delivery scenario, at most."""

AIM = 0.9
"""Share of the server's processors that a step far from the limit aims at. Users grow in
proportion: the use of processors grows less than they do, so that the limit is not passed."""

RETREAT = GROWTH**2
"""Users of a first step that fails over users of the next one to be tried; its square then, and
so on: a search that began too high costs little precision, one that began far too high ends."""

FAR = 2.0
"""The same for a server that has failed so badly that its limit is far away."""

CALM = 0.7
"""Share of the server's processors below which it is no longer busy with who has left, or come."""

WELCOME = 5.0
"""Seconds that it has at most for who has come: one that is busier by itself never gets calm."""

FIRST_TRY = 1.4
"""Users of the very first step, over those of the profile."""

MOST_RETRIES = 2
"""Steps that one search repeats because the instrument spoiled them."""

SOON = 2.0
"""Seconds of grace that are waited for at once, rather than spent on the next step."""

SLOW_SHARE = 0.01
"""Share of operations over a second above which a server is about to fail a step."""

NEWCOMERS = 100
"""Users who connect between two checks whether an earlier step has failed meanwhile."""

LONGEST = 3
"""Length of a step's window over that of the shortest: few users write few messages."""

WHOLE_WAITS = 1.5
"""Length of a step's window over the longest that the transport takes by itself: a queue that
grows slowly shows itself only in a window that is longer than what it adds to."""

SETTLE = 0.5
"""Seconds between the last newcomer and the start of a step's window."""


async def run(session: BenchSession) -> None:
    """Rise until a step fails; if the first one does, retreat until one holds."""
    search = Search(session)
    first = await search.first_step()
    await search.climb(first)
    while (users := search.spoiled_step()) and search.may_repeat:
        began = time.monotonic()
        search.retries += 1
        await search.try_again(users)
        await search.climb(search.next_after(users))
        session.spare -= time.monotonic() - began
    for users in retreats(first, session.profile.room_size):
        if not (search.found.at_most and session.is_whole):
            break
        await search.try_again(users)
    await session.fleet.rest()
    session.known_capacity = search.found


def growth(used: float, fastest: float = FASTEST) -> float:
    """Return how many times as many users the next step has.

    ``used`` is the share of its processors that the server used in this one.
    """
    return max(GROWTH, AIM / max(used, AIM / fastest))


def retreats(failed: int, room: int) -> Iterator[int]:
    """Yield the users of the steps after a first one that failed: fewer, in ever larger steps."""
    users, factor = failed, 1.0
    while users > room:
        factor *= RETREAT
        users = _whole_rooms(users / factor, room)
        yield users


def up_to_limit(users: int, limit: int) -> int:
    """Return the users of a next step: the limit, where that is less than half a mesh away."""
    return limit if users * math.sqrt(GROWTH) > limit else users


def below_what_failed(step: Step, limit_ms: float) -> float:
    """Return how many users may be served where so many were not; 0 if these were."""
    if step.instrument or not why_not(step, limit_ms):
        return 0.0
    in_time = float((step.latencies_ms <= limit_ms).mean()) if len(step.latencies_ms) else 0.0
    return step.users * max(in_time, 1 / FAR) / FAR


@dataclass
class Search:
    """The steps that wait for their judgement, and those that are judged."""

    session: BenchSession
    steps: list[Step] = field(default_factory=list)
    pending: list[Window] = field(default_factory=list)
    last: Window = field(init=False)
    loaded_since_ns: int = 0
    retries: int = 0

    @property
    def found(self) -> Capacity:
        """What the steps so far amount to."""
        return capacity(self.steps, self.session.capacity_limit_ms)

    @property
    def is_over(self) -> bool:
        """Whether a step has failed, or shown that the generator is at its limit."""
        return self.found.failed_at is not None or self.spoiled_step() is not None

    @property
    def may_repeat(self) -> bool:
        """Whether a step that the instrument spoiled may be tried once more."""
        session = self.session
        return self.retries < MOST_RETRIES and session.spare > 0 and session.is_whole

    def spoiled_step(self) -> int | None:
        """Return the users of a step that only the instrument failed, None if there is none."""
        counted = {one.users for one in self.steps if not one.instrument}
        spoiled = {one.users for one in self.steps if one.instrument} - counted
        return min(spoiled, default=None)

    async def first_step(self) -> int:
        """Return where to begin: about a step below the capacity found before, at random.

        Further up where the delivery scenario used little of the processors, and below its users
        if the server served too few of them.
        """
        session = self.session
        users = FIRST_TRY * session.profile.users
        known = session.known_capacity
        if known and (known.users or known.failed_at):
            rng = random.Random(session.repeat * 7919 + session.number)  # noqa: S311 - a schedule
            below = GROWTH ** (0.25 + rng.random())
            users = (known.users or (known.failed_at or 0) / FAR) / below
        if session.is_whole and (window := session.last_delivery(time.monotonic_ns())):
            seen = await self._seen(window)
            if below := below_what_failed(seen, session.capacity_limit_ms):
                users = min(users, below)
            else:
                users = max(users, window.users * self._growth(window, FURTHEST))
        return min(_rooms(session, users), session.capacity_limit)

    async def climb(self, users: int) -> None:
        """Try more and more users, until a step fails or the most users have been tried."""
        session = self.session
        users = min(users, session.capacity_limit)
        while not self.is_over and users > self.found.users and await self._rise(users):
            users = self.next_after(users)
        await self._judge_all()

    async def try_again(self, users: int) -> None:
        """Try as many users as before, or fewer, and judge that at once."""
        await self.session.fleet.rest()
        await self._be(users)
        await self._step()
        await self._wait()
        await self._judge_due()

    def next_after(self, users: int) -> int:
        """Return how many users the step after one of so many has."""
        grown = _rooms(self.session, users * self._growth(self.last))
        return up_to_limit(grown, self.session.capacity_limit)

    def _growth(self, window: Window, fastest: float = FASTEST) -> float:
        """Return how many times as many users as in a window may be served."""
        load = self.session.sampler.server_load(window)
        shares = [side.share_used(window.seconds) for side in load.sides]
        return growth(max(shares, default=1.0), fastest)

    async def _be(self, users: int) -> None:
        """Let so many users be there, and the server be done with their coming.

        Nobody leaves before what was due to them has had its time, and the server is done with
        it: it would be lost, and a queue would weigh on those who stay. That they leave is work
        for the server too.
        """
        session = self.session
        if users >= session.fleet.users:
            await session.connect(users)
            await session.wait_until_calm(CALM, WELCOME)
            return
        await session.settle()
        await session.run_dry(self.loaded_since_ns)
        await session.fleet.leave(users)
        await session.wait_until_calm(CALM)

    async def _rise(self, users: int) -> bool:
        """Try more users; return whether to go on."""
        session = self.session
        await session.fleet.rest()
        for reached in range(session.fleet.users + NEWCOMERS, users, NEWCOMERS):
            await session.connect(_rooms(session, reached))
            await self._judge_due()
            if self.is_over:
                return False
        await self._be(users)
        window = await self._step()
        if session.grace <= SOON or await self._falls_behind(window):
            await self._wait()
        await self._judge_due()
        return not self.is_over and users < session.capacity_limit

    async def _judge_all(self) -> None:
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
        enough = profile.capacity_messages / per_second
        whole = WHOLE_WAITS * session.transport_ms / 1000
        seconds = min(LONGEST * shortest, max(shortest, enough, whole))
        self.last = await session.window("capacity", "step", seconds)
        self.pending.append(self.last)
        return self.last

    async def _judge_due(self) -> None:
        """Judge the steps whose deadline has passed."""
        while self.pending and self.pending[0].deadline_ns <= time.monotonic_ns():
            self.steps.append(await self._seen(self.pending.pop(0)))

    async def _seen(self, window: Window) -> Step:
        seen = await self.session.fleet.summary(window.start_ns, window.end_ns)
        step = seen.step(window.users, window.room_size)
        load = self.session.sampler.server_load(window)
        disturbed = disturbed_because(load, window.seconds) if load.sides else []
        return replace(step, instrument=(*step.instrument, *disturbed))

    async def _falls_behind(self, window: Window) -> bool:
        """Return whether more users would only lengthen a queue: then wait for the judgement."""
        seen = await self.session.fleet.summary(window.start_ns, window.end_ns)
        return seen.slow > SLOW_SHARE * seen.operations


def _rooms(session: BenchSession, users: float) -> int:
    return _whole_rooms(users, session.profile.room_size)


def _whole_rooms(users: float, room: int) -> int:
    return max(1, round(users / room)) * room


SCENARIO = Scenario("capacity", "the most users served well, by search", 50, run, is_long=True)
