"""How many deliveries a second one loud room gets: the rate rises until a step fails.

Everybody is in one room, and the messages of anybody go to all. A step fails when its p99
passes the limit or anything is missing. The first rate is the same for all, so that their
latencies at it can be compared. From there rates double until one fails, or are halved until
one holds; then the gap between the two is halved twice on a logarithmic scale. The first
stride is of another length in each repeat, so that several tell more than the grid's mesh.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from dataclasses import dataclass

import numpy as np

from benchmarks.measure.capacity import why_not
from benchmarks.measure.fanout import LIMIT_MS, REFERENCE, Try, holds
from benchmarks.recording import Window
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import WITH_A_SOCKET, Scenario

RAREST = 1.0
"""Messages a second below which there is nothing to hold."""

FASTEST = 500_000.0
"""Deliveries/s that nothing on one processor is expected to reach: the search ends there."""

REFINEMENTS = 2
"""Times that the gap between the last step that held and the first that failed is halved."""

FEWEST = 50
"""Messages that a try has, if it can in LONGEST: fewer tell little of a percentile."""

LONGEST = 15.0
"""Seconds that a try is made longer to, at most, for the sake of FEWEST; and that the one at
the reference rate has, whose p99 is reported."""

SETTLE = 1.0
"""Seconds at a rate before it counts."""


async def run(session: BenchSession) -> None:
    """Find the rate that holds, by doubling and halving."""
    await session.connect(session.profile.users)
    slowest = RAREST * (session.profile.room_size - 1)
    search = RateSearch(max(REFERENCE, slowest), slowest, FASTEST, _first_stride(session))
    await _load(session, search.first)
    await asyncio.sleep(session.profile.warm_up)
    while (rate := search.next()) is not None:
        tries = await _decide(session, rate)
        search.note(rate, bool(holds(tries)))
        if not search.held and all(one.generator_limits for one in tries):
            break  # It says nothing of the server, and nor would another rate.
        if not session.is_whole:
            break  # It holds no other rate either.
    await session.fleet.rest()


@dataclass
class RateSearch:
    """Which rate to try next: pure, told what held and what did not."""

    first: float
    slowest: float
    fastest: float
    stride: float = 2.0
    held: float = 0.0
    failed: float = math.inf
    refinements: int = REFINEMENTS

    def next(self) -> float | None:
        """Return the rate to try, or None if there is nothing more to find."""
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

    def note(self, rate: float, held: bool) -> None:
        """Be told how a rate went."""
        if held:
            self.held = rate
        else:
            self.failed = rate

    def _stride(self, last: float) -> float:
        return self.stride if last == self.first else 2.0


async def _decide(session: BenchSession, rate: float) -> list[Try]:
    """Try a rate in deliveries/s until it is decided."""
    tries: list[Try] = []
    while holds(tries) is None:
        tries.append(await _try(session, rate))
    return tries


async def _try(session: BenchSession, rate: float) -> Try:
    """Try a rate once, and leave nothing behind that reaches into the next try."""
    others = session.profile.room_size - 1
    await _load(session, rate)
    await asyncio.sleep(SETTLE)
    longer = LONGEST if rate == REFERENCE else min(LONGEST, FEWEST * others / rate)
    seconds = max(session.profile.fanout_window, longer)
    window = await session.window("fanout", f"{rate:.0f}", seconds)
    await session.fleet.rest()
    await asyncio.sleep((window.deadline_ns - time.monotonic_ns()) / 1e9)
    seen = await session.fleet.summary(window.start_ns, window.end_ns)
    step = seen.step(window.users, window.room_size)
    reason = why_not(step, LIMIT_MS)
    if reason:
        await _begin_afresh(session, window)
    lost = int(np.isinf(step.latencies_ms).sum())
    return Try(rate, 0.0, 0.0, reason, lost, step.instrument)


async def _begin_afresh(session: BenchSession, window: Window) -> None:
    """Let nothing of a failed try reach into the next: neither its queue nor closed sockets."""
    await session.run_dry(window.start_ns)
    await session.fleet.leave(0)
    await session.connect(session.profile.users)


async def _load(session: BenchSession, rate: float) -> None:
    size = session.profile.room_size
    await session.fleet.load(rate / (size - 1) / size)


def _first_stride(session: BenchSession) -> float:
    rng = random.Random(session.repeat * 7919 + session.number)  # noqa: S311 - a schedule
    return 2 ** rng.uniform(0.5, 1.5)


def halls(profile: Profile) -> list[Crowd]:
    """Return the crowds: each is in one room."""
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
