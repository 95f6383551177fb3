"""What everybody's mere presence costs: the crowd is there and nobody writes.

The cost under load is taken from the delivery scenario's own window, so that both
describe the same work.
"""

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

IDLE = "idle"


async def run(session: BenchSession) -> None:
    """Connect the crowd and let it be."""
    session.require_whole_server()
    await session.connect(session.profile.users)
    await session.window("resources", IDLE, session.profile.idle)


SCENARIO = Scenario(
    "resources",
    "PSS and CPU with the whole crowd there, idle",
    20,
    run,
    of_ours=True,
)
