"""Search for the highest rate of deliveries in one large room: the rate rises until it fails.

All users are in one room, and every message goes to all of them. A rate fails if its p99
exceeds the limit or a delivery is missing. The first rate is the same for all servers, so that
their latencies at this rate can be compared. From there the rate is doubled until one fails, or
halved until one passes. Then the gap between the two is halved twice on a logarithmic scale. The
first factor is random and differs between repeats, so that several repeats together are more
precise than the grid of rates.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from dataclasses import dataclass

import numpy as np

from benchmarks.measure.capacity import why_not
from benchmarks.measure.fanout import LIMIT_MS, REFERENCE, Attempt, holds
from benchmarks.recording import Window
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import WITH_A_SOCKET, Scenario

LOWEST_MESSAGES_PER_SECOND = 1.0
"""Lowest rate that is tried, in messages/s."""

HIGHEST_DELIVERIES_PER_SECOND = 500_000.0
"""Highest rate that is tried, in deliveries/s: no server is expected to reach it on one
processor."""

REFINEMENTS = 2
"""Times that the gap between the last rate that passed and the first that failed is halved."""

FEWEST = 50
"""Messages that a window should have, as far as LONGEST allows: a percentile of fewer is not
precise."""

LONGEST = 15.0
"""Seconds to which a window is extended at most, to have FEWEST messages. A window at the
reference rate always has at least this length, because its p99 is reported."""

SETTLE_SECONDS = 1.0
"""Seconds of load at a rate before its window begins."""


async def run(session: BenchSession) -> None:
    """Find the highest rate that passes, by doubling and halving."""
    await session.connect(session.profile.users)
    slowest = LOWEST_MESSAGES_PER_SECOND * (session.profile.room_size - 1)
    search = RateSearch(
        max(REFERENCE, slowest), slowest, HIGHEST_DELIVERIES_PER_SECOND, _first_stride(session)
    )
    await _load(session, search.first)
    await asyncio.sleep(session.profile.warm_up)
    while (rate := search.next()) is not None:
        tries = await _decide(session, rate)
        search.record(rate, bool(holds(tries)))
        if not search.held and all(one.generator_limits for one in tries):
            break  # The generator was the limit, as it would be at any other rate.
        if not session.is_whole:
            break  # A process has ended, so the server would fail at any other rate too.
    await session.fleet.stop_sending()


@dataclass
class RateSearch:
    """The search for the highest rate: chooses the next rate from the results so far.

    ``held`` is the highest rate that passed, ``failed`` the lowest that failed. It does no I/O.
    """

    first: float
    slowest: float
    fastest: float
    stride: float = 2.0
    held: float = 0.0
    failed: float = math.inf
    refinements: int = REFINEMENTS

    def next(self) -> float | None:
        """Return the next rate to try, or None if the search is over."""
        if self.failed == math.inf:
            rate = self.held * self._stride(self.held) or self.first
            return rate if rate <= self.fastest else None
        if not self.held:
            slower = max(self.slowest, self.failed / self._stride(self.failed))
            return slower if slower < self.failed else None
        if not self.refinements:
            return None
        self.refinements -= 1
        return math.sqrt(self.held * self.failed)

    def record(self, rate: float, held: bool) -> None:
        """Record whether a rate passed."""
        if held:
            self.held = rate
        else:
            self.failed = rate

    def _stride(self, last: float) -> float:
        return self.stride if last == self.first else 2.0


async def _decide(session: BenchSession, rate: float) -> list[Attempt]:
    """Try a rate in deliveries/s until it is decided whether it passes."""
    tries: list[Attempt] = []
    while holds(tries) is None:
        tries.append(await _try(session, rate))
    return tries


async def _try(session: BenchSession, rate: float) -> Attempt:
    """Try a rate once, without effects on the next try."""
    others = session.profile.room_size - 1
    await _load(session, rate)
    await asyncio.sleep(SETTLE_SECONDS)
    extended = LONGEST if rate == REFERENCE else min(LONGEST, FEWEST * others / rate)
    seconds = max(session.profile.fanout_window, extended)
    window = await session.window("fanout", f"{rate:.0f}", seconds)
    await session.fleet.stop_sending()
    await asyncio.sleep((window.deadline_ns - time.monotonic_ns()) / 1e9)
    summary = await session.fleet.summary(window.start_ns, window.end_ns)
    step = summary.step(window.users, window.room_size)
    reason = why_not(step, LIMIT_MS)
    if reason:
        await _reconnect(session, window)
    lost = int(np.isinf(step.latencies_ms).sum())
    return Attempt(rate, 0.0, 0.0, reason, lost, step.instrument)


async def _reconnect(session: BenchSession, window: Window) -> None:
    """Reconnect all users after a failed try, when the server has worked off its queue.

    Otherwise the queue and closed sockets of this try would affect the next one.
    """
    await session.wait_until_drained(window.start_ns)
    await session.fleet.disconnect_to(0)
    await session.connect(session.profile.users)


async def _load(session: BenchSession, rate: float) -> None:
    """Start sending at a rate in deliveries/s."""
    size = session.profile.room_size
    await session.fleet.send_on_schedule(rate / (size - 1) / size)


def _first_stride(session: BenchSession) -> float:
    """Return a random first factor between rates."""
    rng = random.Random(session.repeat * 7919 + session.number)  # noqa: S311 - a schedule
    return 2 ** rng.uniform(0.5, 1.5)


def halls(profile: Profile) -> list[Crowd]:
    """Return the crowds: one for each number of sockets, all in one room."""
    return [Crowd(sockets, sockets) for sockets in profile.fanout_sockets]


SCENARIO = Scenario(
    "fanout",
    "one room of many sockets: deliveries/s held at p99 under 100 ms, by search",
    60,
    run,
    crowds=halls,
    roles=WITH_A_SOCKET,
    when="full",
    calibrated_by="client-crosscheck",
)
