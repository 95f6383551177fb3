"""What the harness itself adds: the delivery load, then many times it, on the null server."""

import asyncio

from benchmarks.scenarios.base import Scenario
from benchmarks.stand import Stand

CEILING_FACTOR = 20
"""How many times the delivery load the ceiling is tried at."""


async def run(stand: Stand) -> None:
    """Measure the floor of latencies, and how the generator fares far above the load."""
    profile = stand.profile
    await stand.fleet.connect(profile.users)
    for phase, factor in (("floor", 1), ("ceiling", CEILING_FACTOR)):
        await stand.fleet.load(profile.messages_per_user * factor)
        await asyncio.sleep(profile.warm_up)
        await stand.window("floor", phase, profile.floor)
        await stand.fleet.rest()
        await stand.settle()


SCENARIO = Scenario(
    "floor", "the generator against a server that does nothing", 10, run, calibration=True
)
