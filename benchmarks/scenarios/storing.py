"""How many messages a second are stored and acknowledged.

A closed loop: everybody has one message on its way at any time, and writes the next when
that is acknowledged, which a server does only once it is committed. Conversations are of
two, so that storing, and not the fan-out, is what is measured. Which database it is, the
environment of the run says (DATABASE_URL; SQLite unless given).
"""

from __future__ import annotations

import asyncio

from benchmarks.measure.figures import LOADED
from benchmarks.profiles import Gathering, Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.stand import Stand


async def run(stand: Stand) -> None:
    """Let everybody write as fast as they are acknowledged."""
    await stand.fleet.connect(stand.profile.users)
    await stand.fleet.rounds()
    await asyncio.sleep(stand.profile.warm_up)
    await stand.window("storing", LOADED, stand.profile.storing_window)
    await stand.fleet.rest()


def pairs(profile: Profile) -> list[Gathering]:
    """Return the crowd: people who talk in twos."""
    return [Gathering(profile.storing_writers // 2 * 2, 2)]


SCENARIO = Scenario(
    "storing",
    "messages a second that are stored and acknowledged",
    70,
    run,
    gatherings=pairs,
    when="full",
)
