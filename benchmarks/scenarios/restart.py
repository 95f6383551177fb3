"""A rolling restart under load: every process is stopped and started again, one after the other.

Every user behaves as a page does. It reconnects when the server says so, to another process. It
sends again the messages that were not acknowledged, and fetches what it missed with ``sync``.
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
    await session.fleet.send_on_schedule(session.profile.messages_per_user)
    await asyncio.sleep(session.profile.warm_up)
    grace = session.profile.restart_spread
    began = time.monotonic_ns()
    session.sampler.sample()
    for index, process in enumerate(session.processes):
        start = time.monotonic_ns()
        await asyncio.to_thread(process.stop)
        await _start(session, process, session.place.every_port[index])
        # Give the users who were disconnected last time to reconnect before the next process
        # stops: it may be the one that they connect to.
        await asyncio.sleep(session.profile.warm_up)
        session.record("restart", process_phase(index), start, time.monotonic_ns(), grace=grace)
    session.sampler.sample()
    session.record("restart", ROLLING, began, time.monotonic_ns(), grace=grace)
    await session.fleet.stop_sending()


async def _start(session: BenchSession, process: Child, port: int) -> None:
    """Start a process again, and wait until it answers."""
    with pinned(session.pinning.server):
        # In this thread, because the process ends when the thread that started it ends.
        process.start()
    await asyncio.to_thread(
        wait_until_served, process, session.place.host, port, START_TIMEOUT, tls=False
    )


def rooms(profile: Profile) -> list[Crowd]:
    """Return the crowd: full rooms of the profile's size."""
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
    needs_own_server=True,
)
