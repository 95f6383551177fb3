"""Measure the latency of messages and typing indicators to each other member of the room.

Both are measured at the same time, in open loop, in consecutive windows. These windows are the
blocks of time that the confidence intervals of the claims are based on.
"""

import asyncio

from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario

LOADED = "loaded"
TYPING = "typing"


async def run(session: BenchSession) -> None:
    """Send messages, and let users start typing, each of them at most once."""
    profile = session.profile
    await session.connect(profile.users)
    await session.fleet.send_on_schedule(profile.messages_per_user)
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
    await session.fleet.stop_sending()


SCENARIO = Scenario(
    "delivery", "messages and typing indicators, open loop, to every other member", 30, run
)
