"""How long messages and typing indicators take to reach each other member of the room.

Both are measured at the same time, on open schedules, in consecutive windows: blocks of time,
the unit that the claims' intervals rest on.
"""

import asyncio

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

LOADED = "loaded"
TYPING = "typing"


async def run(session: BenchSession) -> None:
    """Let the crowd chat, and people start typing, each of them at most once."""
    profile = session.profile
    await session.connect(profile.users)
    await session.fleet.load(profile.messages_per_user)
    with session.timeline.span("warm-up"):
        await asyncio.sleep(profile.warm_up)
    seconds = profile.block * session.blocks
    typists = min(profile.typists_per_second, profile.users / seconds)
    typing = asyncio.create_task(session.fleet.typing(typists, seconds))
    try:
        for _block in range(session.blocks):
            window = await session.window("delivery", LOADED, profile.block)
            session.record("typing", TYPING, window.start_ns, window.end_ns)
    finally:
        await typing
    await session.fleet.rest()


SCENARIO = Scenario(
    "delivery", "messages and typing indicators, open loop, to every other member", 30, run
)
