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

from benchmarks.measure.capacity import Step, why_not
from benchmarks.recording import Window
from benchmarks.scenarios.base import Scenario
from benchmarks.stand import SLACK, Stand

GROWTH = 1.5
"""Users of one step over users of the step before."""

RETREAT = 1.6
"""Users of a failed first step over users of the next try."""

SOON = 2.0
"""Seconds of grace that are waited for at once, rather than spent on the next step."""

SLOW_SHARE = 0.01
"""Share of operations over a second from which on a server is about to fail a step."""

SETTLE = 1.0
"""Seconds after newcomers arrived before a step counts."""


async def run(stand: Stand) -> None:
    """Rise until a step fails; if the first one does, retreat until one holds."""
    first = users = _first_step(stand)
    pending: list[Window] = []
    held = 0
    failed = False
    while not failed and users <= stand.profile.capacity_limit:
        pending.append(await _step(stand, users))
        if stand.grace <= SOON or await _falls_behind(stand, pending[-1]):
            await asyncio.sleep(stand.grace)
        held, failed = await _judge(stand, pending, held)
        users = _rooms(stand, users * GROWTH)
    while pending and not failed:
        await asyncio.sleep(max(0.0, (pending[0].deadline_ns - time.monotonic_ns()) / 1e9))
        held, failed = await _judge(stand, pending, held)
    users = first
    while not held and users > stand.profile.room_size:
        users = _rooms(stand, users / RETREAT)
        lower = [await _step(stand, users)]
        await asyncio.sleep(stand.grace)
        held, _failed = await _judge(stand, lower, held)
    await stand.fleet.rest()
    stand.known_capacity = held


async def _step(stand: Stand, users: int) -> Window:
    await stand.fleet.rest()
    if users < stand.fleet.users:
        # Let the queue of the step that failed run dry before this one begins.
        await stand.fleet.leave(users)
        await asyncio.sleep(stand.grace)
    else:
        await stand.fleet.connect(users)
    await stand.fleet.load(stand.profile.messages_per_user)
    await asyncio.sleep(SETTLE)
    return await stand.window("capacity", "step", stand.profile.capacity_window)


async def _falls_behind(stand: Stand, window: Window) -> bool:
    """Return whether going on would only add to a queue: then the judgement is waited for."""
    seen = await stand.fleet.summary(window.start_ns, window.end_ns)
    return seen.slow > SLOW_SHARE * seen.operations


async def _judge(stand: Stand, pending: list[Window], held: int) -> tuple[int, bool]:
    """Judge the steps whose deadline has passed; return the largest held, and if one failed."""
    limit_ms = stand.transport_ms + SLACK * 1000
    while pending and pending[0].deadline_ns <= time.monotonic_ns():
        window = pending.pop(0)
        seen = await stand.fleet.summary(window.start_ns, window.end_ns)
        step = Step(
            users=window.users,
            expected=seen.acknowledged * (window.room_size - 1),
            latencies_ms=seen.latencies_ms,
            operations=seen.operations,
            errors=sum(seen.errors.values()),
            unacknowledged=seen.sent - seen.acknowledged,
        )
        if why_not(step, limit_ms):
            return held, True
        held = max(held, window.users)
    return held, False


def _first_step(stand: Stand) -> int:
    """Return where to begin: below the capacity found before, at a random point of the mesh."""
    rng = random.Random(stand.repeat * 7919 + stand.session)  # noqa: S311 - a schedule
    base = max(stand.profile.users, stand.known_capacity / GROWTH**2)
    return _rooms(stand, min(base * GROWTH ** rng.random(), stand.profile.capacity_limit))


def _rooms(stand: Stand, users: float) -> int:
    return max(1, round(users / stand.profile.room_size)) * stand.profile.room_size


SCENARIO = Scenario("capacity", "the most users carried, by search", 50, run)
