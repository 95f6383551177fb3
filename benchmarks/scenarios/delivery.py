"""How long a message takes from when it was due to each other member of the room."""

import asyncio

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

LOADED = "loaded"


async def run(session: BenchSession) -> None:
    """Let the crowd chat on an open schedule."""
    profile = session.profile
    await session.fleet.connect(profile.users)
    await session.fleet.load(profile.messages_per_user)
    await asyncio.sleep(profile.warm_up)
    await session.window("delivery", LOADED, profile.measure)
    await session.fleet.rest()


SCENARIO = Scenario(
    "delivery", "messages in rooms, open loop, to every other member", 30, run, comparison=True
)
