"""How long a message takes from when it was due to each other member of the room."""

import asyncio

from benchmarks.scenarios.base import Scenario
from benchmarks.stand import Stand

LOADED = "loaded"


async def run(stand: Stand) -> None:
    """Let the crowd chat on an open schedule."""
    profile = stand.profile
    await stand.fleet.connect(profile.users)
    await stand.fleet.load(profile.messages_per_user)
    await asyncio.sleep(profile.warm_up)
    await stand.window("delivery", LOADED, profile.measure)
    await stand.fleet.rest()


SCENARIO = Scenario(
    "delivery", "messages in rooms, open loop, to every other member", 30, run, beside=True
)
