"""Measure the resources that idle users cost: they are connected, and nobody sends messages.

The resources under load are measured in the windows of the delivery scenario, so that they
belong to the same work as its latencies.
"""

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

IDLE = "idle"


async def run(session: BenchSession) -> None:
    """Connect the users, and measure without sending anything."""
    session.require_whole_server()
    await session.connect(session.profile.users)
    await session.window("resources", IDLE, session.profile.idle)


SCENARIO = Scenario(
    "resources",
    "PSS and CPU with the whole crowd there, idle",
    20,
    run,
    needs_own_server=True,
)
