"""How long it takes until the others see that somebody types."""

from benchmarks.scenarios.base import Scenario
from benchmarks.stand import Stand


async def run(stand: Stand) -> None:
    """Let people start typing."""
    profile = stand.profile
    await stand.fleet.connect(profile.users)
    start_ns, end_ns = await stand.fleet.typing(profile.typists_per_second, profile.typing)
    stand.record("typing", "typing", start_ns, end_ns)


SCENARIO = Scenario("typing", "from the first keystroke to each other member", 40, run, beside=True)
