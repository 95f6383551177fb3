"""Very many sockets: what one more costs in memory, and how long a message takes among them.

A tenth of them connects and is left alone; then all of them are, and in the end they write.
The two stretches in which nobody writes give the memory of a socket as a slope, free of what
the process needs without any.
"""

from __future__ import annotations

import asyncio

from benchmarks.measure.figures import FEW, LOADED, MANY
from benchmarks.profiles import Gathering, Profile
from benchmarks.scenarios.base import TUNED, Scenario
from benchmarks.stand import Stand

PER_USER = 1 / 100
"""Messages of each user and second."""

CONNECT_AT_ONCE = 1000
"""Sockets that a generator is asked for in one go: it has a bounded time to answer."""

REST = 5.0
"""Seconds until what connecting has left behind is gone."""


async def run(stand: Stand) -> None:
    """Connect a tenth, all; let them be; let them write."""
    everybody, room = stand.profile.users, stand.profile.room_size
    await _connect(stand, max(room, everybody // 10 // room * room))
    await stand.window("scale", FEW, stand.profile.idle)
    await _connect(stand, everybody)
    await stand.window("scale", MANY, stand.profile.idle)
    await stand.fleet.load(PER_USER)
    await asyncio.sleep(stand.profile.warm_up)
    await stand.window("scale", LOADED, stand.profile.scale_window)
    await stand.fleet.rest()


async def _connect(stand: Stand, users: int) -> None:
    while stand.fleet.users < users:
        before = stand.fleet.users
        await stand.fleet.connect(min(users, before + CONNECT_AT_ONCE))
    await asyncio.sleep(REST)


def rooms(profile: Profile) -> list[Gathering]:
    """Return the crowd: whole rooms of the profile's size."""
    size = profile.room_size
    return [Gathering(profile.scale_sockets // size * size, size)]


SCENARIO = Scenario(
    "scale",
    "very many sockets in rooms: memory of each, delivery latency among them",
    65,
    run,
    gatherings=rooms,
    # Not to plain Channels: there each of 10,000 sockets is a member of its groups by itself,
    # and their joining alone outlasts every patience.
    roles=TUNED,
    when="full",
    of_ours=True,
)
