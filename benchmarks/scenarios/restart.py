"""A rolling restart: every process ends and is started again, one by one, while people chat.

Everybody behaves as a page does: comes back when told to, to another process, writes again
what was not acknowledged, and asks ``sync`` for what it missed.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.measure.figures import ROLLING, process_phase
from benchmarks.run.pinning import pinned
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import Scenario
from reference_app.serving.processes import Child, wait_until_served

PROCESSES = 4
START_TIMEOUT = 60.0


async def run(session: BenchSession) -> None:
    """Restart one process after the other under load."""
    session.fleet.client = "websocket"
    await session.connect(session.profile.users)
    await session.fleet.load(session.profile.messages_per_user)
    await asyncio.sleep(session.profile.warm_up)
    grace = session.profile.restart_spread
    began = time.monotonic_ns()
    session.sampler.sample()
    for index, process in enumerate(session.processes):
        start = time.monotonic_ns()
        await asyncio.to_thread(process.stop)
        await _start(session, process, session.place.every_port[index])
        # Who was let go last still has time to return: the next process may be theirs.
        await asyncio.sleep(session.profile.warm_up)
        session.record("restart", process_phase(index), start, time.monotonic_ns(), grace=grace)
    session.sampler.sample()
    session.record("restart", ROLLING, began, time.monotonic_ns(), grace=grace)
    await session.fleet.rest()


async def _start(session: BenchSession, process: Child, port: int) -> None:
    with pinned(session.pinning.server):
        # By this thread: the process would end with any other.
        process.start()
    await asyncio.to_thread(
        wait_until_served, process, session.place.host, port, START_TIMEOUT, tls=False
    )


def rooms(profile: Profile) -> list[Crowd]:
    """Return the crowd: whole rooms of the profile's size."""
    size = profile.room_size
    return [Crowd(profile.restart_sockets // size * size, size)]


SCENARIO = Scenario(
    "restart",
    f"a rolling restart of {PROCESSES} processes under load: what is lost, when all are back",
    75,
    run,
    crowds=rooms,
    processes=PROCESSES,
    when="full",
    of_ours=True,
)
