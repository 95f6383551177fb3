"""Measure the load generator itself: the delivery load, then a multiple, on the null server."""

import asyncio

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

CEILING_FACTOR = 20
"""Ratio of the load of the ceiling phase to the load of the delivery scenario."""


async def run(session: BenchSession) -> None:
    """Measure the lowest possible latencies, and the generator far above the usual load."""
    profile = session.profile
    await session.connect(profile.users)
    for phase, factor in (("floor", 1), ("ceiling", CEILING_FACTOR)):
        await session.fleet.send_on_schedule(profile.messages_per_user * factor)
        await asyncio.sleep(profile.warm_up)
        await session.window("floor", phase, profile.floor)
        await session.fleet.stop_sending()
        await session.wait_for_deadlines()


SCENARIO = Scenario(
    "floor", "the generator against a server that does nothing", 10, run, calibration=True
)
