"""Whether the two receiving sides see the same, where both carry the load.

The fan-out is received by picows, everything else by `websockets`. Here each of them
receives the same load from the same null server, by turns, so that a figure of the one
can be held against a figure of the other.
"""

import asyncio

from benchmarks.measure.fanout import CLIENTS
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import WITH_A_SOCKET, Scenario

RATE = 5_000.0
"""Deliveries/s: a quarter of what `websockets` carried at half a processor."""


LARGEST = 500
"""Most sockets in the room: a message is one burst to all of them, and for one of 5,000
`websockets` was seen to need 125 ms at the median, which says nothing of picows."""


async def run(session: BenchSession) -> None:
    """Receive by the one and the other: A B B A."""
    size = session.profile.room_size
    for client in (*CLIENTS, *reversed(CLIENTS)):
        session.fleet.client = client
        await session.connect(session.profile.users)
        await session.fleet.load(RATE / (size - 1) / size)
        await asyncio.sleep(session.profile.warm_up)
        await session.window("client-crosscheck", client, session.profile.floor)
        await session.fleet.rest()
        await session.settle()
        await session.fleet.leave(0)


def hall(profile: Profile) -> list[Crowd]:
    """Return the smallest crowd of the fan-out, or as much of it as both carry."""
    size = min(*profile.fanout_sockets, LARGEST)
    return [Crowd(size, size)]


SCENARIO = Scenario(
    "client-crosscheck",
    "the null server's broadcast, as picows and websockets receive it",
    15,
    run,
    calibration=True,
    crowds=hall,
    roles=WITH_A_SOCKET,
    when="full",
)
