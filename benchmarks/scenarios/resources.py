"""What everybody's mere presence costs: the crowd is there and nobody writes.

The cost under load is taken from the delivery scenario's own window, so that both
describe the same work.
"""

from benchmarks.scenarios.base import Scenario
from benchmarks.stand import Stand

IDLE = "idle"


async def run(stand: Stand) -> None:
    """Connect the crowd and let it be."""
    await stand.fleet.connect(stand.profile.users)
    await stand.window("resources", IDLE, stand.profile.idle)


SCENARIO = Scenario(
    "resources", "PSS and CPU with the whole crowd there, idle", 20, run, beside=True, of_ours=True
)
