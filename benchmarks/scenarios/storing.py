"""How many messages a second are stored and acknowledged.

A closed loop: everybody has one message on its way at any time, and writes the next when
that is acknowledged, which a server does only once it is committed. Conversations are of
two, so that storing, and not the fan-out, is what is measured. Which database it is, the
environment of the run says (DATABASE_URL; SQLite unless given).
"""

from __future__ import annotations

import asyncio

from benchmarks.measure.figures import LOADED
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario


async def run(session: BenchSession) -> None:
    """Let everybody write as fast as they are acknowledged."""
    await session.connect(session.profile.users)
    await session.fleet.rounds()
    await asyncio.sleep(session.profile.warm_up)
    await session.window("storing", LOADED, session.profile.storing_window)
    await session.fleet.rest()


def pairs(profile: Profile) -> list[Crowd]:
    """Return the crowd: people who talk in twos."""
    return [Crowd(profile.storing_writers // 2 * 2, 2)]


SCENARIO = Scenario(
    "storing",
    "messages a second that are stored and acknowledged",
    70,
    run,
    crowds=pairs,
    when="full",
)
