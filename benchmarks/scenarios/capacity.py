"""Search for the capacity: the most users served before deliveries are late, fail or get lost.

The number of users rises step by step until a step fails: in large steps while the server's
processors are little used, in small steps near the limit. A step is evaluated when the grace
period after its window is over. For pages that poll, this is well after the next step has
begun, so the search goes on meanwhile. Each search begins near the capacity that the last one
found, shifted at random against the grid of steps, so that several searches together are more
precise than the grid. A step that the load generator or the machine disturbed is repeated if
the run has time left.
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
"""Ratio of the users of a step to those of the step before, near the server's limit. It is the
resolution of the search."""

MAX_GROWTH = 2.5
"""Largest such ratio, far from the limit."""

MAX_FIRST_GROWTH = 8.0
"""Largest ratio of the users of the first step to those of the delivery scenario."""

TARGET_SHARE = 0.9
"""Share of the server's processors that a step far from the limit aims at. The users grow in
proportion. The use of processors grows less than they do, so the step does not pass the limit."""

RETREAT = GROWTH**2
"""Factor by which the users are reduced after a first step that failed; its square for the step
after that, then its cube, and so on. A search that began a little too high loses little
precision, and one that began far too high ends soon."""

FAR_FACTOR = 2.0
"""Factor by which the users are reduced if a server failed so badly that its limit is far away."""

CALM_SHARE = 0.7
"""Share of the server's processors below which it no longer works on users who connected or
disconnected."""

CALM_TIMEOUT_SECONDS = 5.0
"""Most seconds to wait for this after users connected. A server that is always busier never gets
below CALM_SHARE."""

FIRST_STEP_FACTOR = 1.4
"""Ratio of the users of the very first step to those of the profile."""

MAX_RETRIES = 2
"""Most steps that one search repeats because the load generator or the machine disturbed them."""

SHORT_GRACE_SECONDS = 2.0
"""Longest grace period, in seconds, that the search waits for before it goes on. During a longer
one, it runs the next step."""

SLOW_SHARE = 0.01
"""Share of operations slower than a second above which a server is about to fail a step."""

CONNECT_BATCH = 100
"""Users who connect between two checks whether an earlier step has failed meanwhile."""

LONGEST_WINDOW_FACTOR = 3
"""Largest ratio of a step's window to the shortest one. Few users send few messages, so their
window is longer."""

TRANSPORT_DELAY_FACTOR = 1.5
"""Ratio of a step's window to the longest delay of the transport itself. A queue that grows
slowly is visible only in a window longer than the delay that it adds to."""

SETTLE_SECONDS = 0.5
"""Seconds between the last connection and the start of a step's window."""


async def run(session: BenchSession) -> None:
    """Raise the number of users until a step fails; if the first fails, lower it until one passes.

    A step that was disturbed is repeated in between.
    """
    search = Search(session)
    first = await search.first_step()
    await search.climb(first)
    while (users := search.disturbed_users()) and search.may_repeat:
        began = time.monotonic()
        search.retries += 1
        await search.try_again(users)
        await search.climb(search.next_after(users))
        session.spare_seconds -= time.monotonic() - began
    for users in retreats(first, session.profile.room_size):
        if not (search.found.at_most and session.is_whole):
            break
        await search.try_again(users)
    await session.fleet.stop_sending()
    session.known_capacity = search.found


def growth(used: float, fastest: float = MAX_GROWTH) -> float:
    """Return the ratio of the users of the next step to those of this one.

    ``used`` is the share of its processors that the server used in this one. ``fastest`` is
    the largest ratio.
    """
    return max(GROWTH, TARGET_SHARE / max(used, TARGET_SHARE / fastest))


def retreats(failed: int, room: int) -> Iterator[int]:
    """Yield the users of the steps after a first step that failed: reduced by growing factors.

    ``room`` is the number of users in a room: all rooms are full.
    """
    users, factor = failed, 1.0
    while users > room:
        factor *= RETREAT
        users = _round_to_rooms(users / factor, room)
        yield users


def up_to_limit(users: int, limit: int) -> int:
    """Return the users of the next step: the limit if it is less than half a step away."""
    return limit if users * math.sqrt(GROWTH) > limit else users


def reduced_users(step: Step, limit_ms: float) -> float:
    """Return the users to try after a step that failed; 0 if it passed or was disturbed."""
    if step.instrument or not why_not(step, limit_ms):
        return 0.0
    in_time = float((step.latencies_ms <= limit_ms).mean()) if len(step.latencies_ms) else 0.0
    return step.users * max(in_time, 1 / FAR_FACTOR) / FAR_FACTOR


@dataclass
class Search:
    """One search: the evaluated steps, and the windows that are not evaluated yet."""

    session: BenchSession
    steps: list[Step] = field(default_factory=list)
    pending: list[Window] = field(default_factory=list)
    last: Window = field(init=False)
    loaded_since_ns: int = 0
    retries: int = 0

    @property
    def found(self) -> Capacity:
        """The capacity that follows from the steps so far."""
        return capacity(self.steps, self.session.capacity_limit_ms)

    @property
    def is_over(self) -> bool:
        """Whether a step has failed, or was disturbed and has no undisturbed repetition."""
        return self.found.failed_at is not None or self.disturbed_users() is not None

    @property
    def may_repeat(self) -> bool:
        """Whether a disturbed step may be repeated."""
        session = self.session
        return self.retries < MAX_RETRIES and session.spare_seconds > 0 and session.is_whole

    def disturbed_users(self) -> int | None:
        """Return the fewest users whose steps were all disturbed; None if there are none."""
        counted = {one.users for one in self.steps if not one.instrument}
        spoiled = {one.users for one in self.steps if one.instrument} - counted
        return min(spoiled, default=None)

    async def first_step(self) -> int:
        """Return the users of the first step: about a step below the known capacity, at random.

        They are more if the delivery scenario used little of the processors, and fewer than
        in that scenario if its users were not served within the limit.
        """
        session = self.session
        users = FIRST_STEP_FACTOR * session.profile.users
        known = session.known_capacity
        if known and (known.users or known.failed_at):
            rng = random.Random(session.repeat * 7919 + session.number)  # noqa: S311 - a schedule
            steps_below = GROWTH ** (0.25 + rng.random())
            users = (known.users or (known.failed_at or 0) / FAR_FACTOR) / steps_below
        if session.is_whole and (window := session.last_delivery(time.monotonic_ns())):
            step = await self._evaluate(window)
            if reduced := reduced_users(step, session.capacity_limit_ms):
                users = min(users, reduced)
            else:
                users = max(users, window.users * self._growth(window, MAX_FIRST_GROWTH))
        return min(_fill_rooms(session, users), session.capacity_limit)

    async def climb(self, users: int) -> None:
        """Try more and more users, until a step fails or the most users have been tried."""
        session = self.session
        users = min(users, session.capacity_limit)
        while not self.is_over and users > self.found.users and await self._try_more(users):
            users = self.next_after(users)
        await self._evaluate_pending()

    async def try_again(self, users: int) -> None:
        """Run one step with as many users as before, or fewer, and wait for its evaluation."""
        await self.session.fleet.stop_sending()
        await self._set_users(users)
        await self._run_step()
        await self._wait_for_late()
        await self._evaluate_due()

    def next_after(self, users: int) -> int:
        """Return the users of the step after one with this number of users."""
        grown = _fill_rooms(self.session, users * self._growth(self.last))
        return up_to_limit(grown, self.session.capacity_limit)

    def _growth(self, window: Window, fastest: float = MAX_GROWTH) -> float:
        """Return the ratio of the users of the next step to those of a window."""
        load = self.session.sampler.server_load(window)
        shares = [side.share_used(window.seconds) for side in load.sides]
        return growth(max(shares, default=1.0), fastest)

    async def _set_users(self, users: int) -> None:
        """Connect or disconnect users until this number is connected, and the server is calm.

        Users disconnect only when their grace period is over and the server has worked off its
        queue. Otherwise deliveries to them would be lost, and the queue would slow down those
        who stay. The server also has work to do when users disconnect.
        """
        session = self.session
        if users >= session.fleet.users:
            await session.connect(users)
            await session.wait_until_calm(CALM_SHARE, CALM_TIMEOUT_SECONDS)
            return
        await session.wait_for_deadlines()
        await session.wait_until_drained(self.loaded_since_ns)
        await session.fleet.disconnect_to(users)
        await session.wait_until_calm(CALM_SHARE)

    async def _try_more(self, users: int) -> bool:
        """Run one step with more users; return whether the search goes on."""
        session = self.session
        await session.fleet.stop_sending()
        for reached in range(session.fleet.users + CONNECT_BATCH, users, CONNECT_BATCH):
            await session.connect(_fill_rooms(session, reached))
            await self._evaluate_due()
            if self.is_over:
                return False
        await self._set_users(users)
        window = await self._run_step()
        if session.grace <= SHORT_GRACE_SECONDS or await self._falls_behind(window):
            await self._wait_for_late()
        await self._evaluate_due()
        return not self.is_over and users < session.capacity_limit

    async def _evaluate_pending(self) -> None:
        """Wait for the pending windows and evaluate them, until a step fails."""
        while self.pending and not self.is_over:
            left = (self.pending[0].deadline_ns - time.monotonic_ns()) / 1e9
            with self.session.timeline.span("wait for late deliveries"):
                await asyncio.sleep(max(0.0, left))
            await self._evaluate_due()
        self.pending.clear()

    async def _wait_for_late(self) -> None:
        """Wait for the grace period."""
        with self.session.timeline.span("wait for late deliveries"):
            await asyncio.sleep(self.session.grace)

    async def _run_step(self) -> Window:
        """Load the server with the connected users for one window."""
        session, profile = self.session, self.session.profile
        self.loaded_since_ns = time.monotonic_ns()
        await session.fleet.send_on_schedule(profile.messages_per_user)
        with session.timeline.span("warm-up"):
            await asyncio.sleep(SETTLE_SECONDS)
        per_second = session.fleet.users * profile.messages_per_user
        shortest = profile.capacity_window
        enough = profile.capacity_messages / per_second
        whole = TRANSPORT_DELAY_FACTOR * session.transport_ms / 1000
        seconds = min(LONGEST_WINDOW_FACTOR * shortest, max(shortest, enough, whole))
        self.last = await session.window("capacity", "step", seconds)
        self.pending.append(self.last)
        return self.last

    async def _evaluate_due(self) -> None:
        """Evaluate the pending windows whose deadline has passed."""
        while self.pending and self.pending[0].deadline_ns <= time.monotonic_ns():
            self.steps.append(await self._evaluate(self.pending.pop(0)))

    async def _evaluate(self, window: Window) -> Step:
        """Return a window as a step, with what disturbed it."""
        summary = await self.session.fleet.summary(window.start_ns, window.end_ns)
        step = summary.step(window.users, window.room_size)
        load = self.session.sampler.server_load(window)
        disturbed = disturbed_because(load, window.seconds) if load.sides else []
        return replace(step, instrument=(*step.instrument, *disturbed))

    async def _falls_behind(self, window: Window) -> bool:
        """Return whether many operations of a window were slow.

        More users would then only lengthen a queue, so the search waits for the evaluation.
        """
        summary = await self.session.fleet.summary(window.start_ns, window.end_ns)
        return summary.slow > SLOW_SHARE * summary.operations


def _fill_rooms(session: BenchSession, users: float) -> int:
    """Return a number of users rounded to full rooms of the profile."""
    return _round_to_rooms(users, session.profile.room_size)


def _round_to_rooms(users: float, room: int) -> int:
    return max(1, round(users / room)) * room


SCENARIO = Scenario("capacity", "the most users served well, by search", 50, run, is_long=True)
