"""A rolling restart: every process ends and is started again, one by one, while people chat.

Everybody behaves as a page does: comes back when told to, to another process, writes again
what was not acknowledged, and asks ``sync`` for what it missed.
"""

from __future__ import annotations

import asyncio
import time

from benchmarks.measure.figures import ROLLING, process_phase
from benchmarks.pinning import pinned
from benchmarks.profiles import Gathering, Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.stand import Stand
from reference_app.serving.processes import Child, wait_until_served

PROCESSES = 4
START_TIMEOUT = 60.0


async def run(stand: Stand) -> None:
    """Restart one process after the other under load."""
    stand.fleet.client = "websocket"
    await stand.fleet.connect(stand.profile.users)
    await stand.fleet.load(stand.profile.messages_per_user)
    await asyncio.sleep(stand.profile.warm_up)
    grace = stand.profile.restart_spread
    began = time.monotonic_ns()
    stand.sampler.sample()
    for index, process in enumerate(stand.processes):
        start = time.monotonic_ns()
        await asyncio.to_thread(process.stop)
        await _start(stand, process, stand.place.ports[index])
        # Who was let go last still has time to return: the next process may be theirs.
        await asyncio.sleep(stand.profile.warm_up)
        stand.record("restart", process_phase(index), start, time.monotonic_ns(), grace=grace)
    stand.sampler.sample()
    stand.record("restart", ROLLING, began, time.monotonic_ns(), grace=grace)
    await stand.fleet.rest()


async def _start(stand: Stand, process: Child, port: int) -> None:
    with pinned(stand.pinning.server):
        # By this thread: the process would end with any other.
        process.start()
    await asyncio.to_thread(
        wait_until_served, process, stand.place.host, port, START_TIMEOUT, tls=False
    )


def rooms(profile: Profile) -> list[Gathering]:
    """Return the crowd: whole rooms of the profile's size."""
    size = profile.room_size
    return [Gathering(profile.restart_sockets // size * size, size)]


SCENARIO = Scenario(
    "restart",
    f"a rolling restart of {PROCESSES} processes under load: what is lost, when all are back",
    75,
    run,
    gatherings=rooms,
    processes=PROCESSES,
    when="full",
    of_ours=True,
)
