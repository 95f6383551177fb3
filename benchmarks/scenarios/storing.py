"""Measure how many messages a second are stored and acknowledged.

This is a closed loop: every user has one message in flight at any time, and sends the next when
it is acknowledged. A server acknowledges a message only when it is committed. Conversations have
two members, so that the scenario measures storing and not the fan-out. DATABASE_URL in the
run's environment selects the database; it is SQLite by default.
"""

from __future__ import annotations

import asyncio

from benchmarks.measure.figures import LOADED
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario


async def run(session: BenchSession) -> None:
    """Let every user send as fast as their messages are acknowledged."""
    await session.connect(session.profile.users)
    await session.fleet.send_in_closed_loop()
    await asyncio.sleep(session.profile.warm_up)
    await session.window("storing", LOADED, session.profile.storing_window)
    await session.fleet.stop_sending()


def pairs(profile: Profile) -> list[Crowd]:
    """Return the crowd: users in conversations of two."""
    return [Crowd(profile.storing_writers // 2 * 2, 2)]


SCENARIO = Scenario(
    "storing",
    "messages a second that are stored and acknowledged",
    70,
    run,
    crowds=pairs,
    when="full",
)
