"""Very many sockets: what one more costs in memory, and how long a message takes among them.

A tenth of them connects and is left alone; then all of them are, and in the end they write.
The two stretches in which nobody writes give the memory of a socket as a slope, free of what
the process needs without any.
"""

from __future__ import annotations

import asyncio

from benchmarks.measure.figures import FEW, LOADED, MANY
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import TUNED, Scenario

PER_USER = 1 / 100
"""Messages of each user and second."""

CONNECT_AT_ONCE = 1000
"""Sockets that a generator is asked for in one go: it has a bounded time to answer."""

REST = 5.0
"""Seconds until what connecting has left behind is gone."""


async def run(session: BenchSession) -> None:
    """Connect a tenth, all; let them be; let them write."""
    everybody, room = session.profile.users, session.profile.room_size
    await _connect(session, max(room, everybody // 10 // room * room))
    await session.window("scale", FEW, session.profile.idle)
    await _connect(session, everybody)
    await session.window("scale", MANY, session.profile.idle)
    await session.fleet.load(PER_USER)
    await asyncio.sleep(session.profile.warm_up)
    await session.window("scale", LOADED, session.profile.scale_window)
    await session.fleet.rest()


async def _connect(session: BenchSession, users: int) -> None:
    while session.fleet.users < users:
        before = session.fleet.users
        await session.fleet.connect(min(users, before + CONNECT_AT_ONCE))
    await asyncio.sleep(REST)


def rooms(profile: Profile) -> list[Crowd]:
    """Return the crowd: whole rooms of the profile's size."""
    size = profile.room_size
    return [Crowd(profile.scale_sockets // size * size, size)]


SCENARIO = Scenario(
    "scale",
    "very many sockets in rooms: memory of each, delivery latency among them",
    65,
    run,
    crowds=rooms,
    # Not to plain Channels: there each of 10,000 sockets is a member of its groups by itself,
    # and their joining alone outlasts every patience.
    roles=TUNED,
    when="full",
    of_ours=True,
)
