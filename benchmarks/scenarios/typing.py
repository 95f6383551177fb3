"""How long it takes until the others see that somebody types."""

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario


async def run(session: BenchSession) -> None:
    """Let people start typing."""
    profile = session.profile
    await session.fleet.connect(profile.users)
    start_ns, end_ns = await session.fleet.typing(profile.typists_per_second, profile.typing)
    session.record("typing", "typing", start_ns, end_ns)


SCENARIO = Scenario(
    "typing", "from the first keystroke to each other member", 40, run, comparison=True
)
