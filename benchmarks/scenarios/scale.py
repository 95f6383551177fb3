"""Measure very many sockets: the memory of each, and the latency of a message among them.

First a tenth of the sockets is connected and idle, then all of them are connected and idle, and
in the end the users send messages. The difference between the two idle windows gives the memory
of one socket as a slope, without the memory that the process needs with no sockets.
"""

from __future__ import annotations

import asyncio

from benchmarks.measure.figures import FEW, LOADED, MANY
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import TUNED, Scenario

PER_USER = 1 / 100
"""Messages per user and second."""

CONNECT_AT_ONCE = 1000
"""Sockets that the generators open for one command, because the time to answer it is limited."""

REST = 5.0
"""Seconds to wait after connecting, until its after-effects are gone."""


async def run(session: BenchSession) -> None:
    """Measure a tenth of the users idle, then all of them idle, then all of them under load."""
    all_users, room = session.profile.users, session.profile.room_size
    await _connect(session, max(room, all_users // 10 // room * room))
    await session.window("scale", FEW, session.profile.idle)
    await _connect(session, all_users)
    await session.window("scale", MANY, session.profile.idle)
    await session.fleet.send_on_schedule(PER_USER)
    await asyncio.sleep(session.profile.warm_up)
    await session.window("scale", LOADED, session.profile.scale_window)
    await session.fleet.stop_sending()


async def _connect(session: BenchSession, users: int) -> None:
    """Connect users in portions until this number is connected."""
    while session.fleet.users < users:
        before = session.fleet.users
        await session.fleet.connect(min(users, before + CONNECT_AT_ONCE))
    await asyncio.sleep(REST)


def rooms(profile: Profile) -> list[Crowd]:
    """Return the crowd: full rooms of the profile's size."""
    size = profile.room_size
    return [Crowd(profile.scale_sockets // size * size, size)]


SCENARIO = Scenario(
    "scale",
    "very many sockets in rooms: memory of each, delivery latency among them",
    65,
    run,
    crowds=rooms,
    # Not on plain Channels: there each of 10,000 sockets joins its groups separately, which
    # alone takes longer than every time-out.
    roles=TUNED,
    when="full",
    needs_own_server=True,
)
