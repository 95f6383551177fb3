"""What the harness itself adds: the delivery load, then many times it, on the null server."""

import asyncio

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

CEILING_FACTOR = 20
"""How many times the delivery load the ceiling is tried at."""


async def run(session: BenchSession) -> None:
    """Measure the floor of latencies, and how the generator fares far above the load."""
    profile = session.profile
    await session.connect(profile.users)
    for phase, factor in (("floor", 1), ("ceiling", CEILING_FACTOR)):
        await session.fleet.load(profile.messages_per_user * factor)
        await asyncio.sleep(profile.warm_up)
        await session.window("floor", phase, profile.floor)
        await session.fleet.rest()
        await session.settle()


SCENARIO = Scenario(
    "floor", "the generator against a server that does nothing", 10, run, calibration=True
)
