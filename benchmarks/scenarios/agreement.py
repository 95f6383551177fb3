"""Whether the two receiving sides see the same, where both carry the load.

The fan-out is received by picows, everything else by `websockets`. Here each of them
receives the same load from the same null server, by turns, so that a figure of the one
can be held against a figure of the other.
"""

import asyncio

from benchmarks.measure.fanout import CLIENTS
from benchmarks.profiles import Gathering, Profile
from benchmarks.scenarios.base import WITH_A_SOCKET, Scenario
from benchmarks.stand import Stand

RATE = 5_000.0
"""Deliveries/s: a quarter of what `websockets` carried at half a processor."""


LARGEST = 500
"""Most sockets in the room: a message is one burst to all of them, and for one of 5,000
`websockets` was seen to need 125 ms at the median, which says nothing of picows."""


async def run(stand: Stand) -> None:
    """Receive by the one and the other: A B B A."""
    size = stand.profile.room_size
    for client in (*CLIENTS, *reversed(CLIENTS)):
        stand.fleet.client = client
        await stand.fleet.connect(stand.profile.users)
        await stand.fleet.load(RATE / (size - 1) / size)
        await asyncio.sleep(stand.profile.warm_up)
        await stand.window("agreement", client, stand.profile.floor)
        await stand.fleet.rest()
        await stand.settle()
        await stand.fleet.leave(0)


def hall(profile: Profile) -> list[Gathering]:
    """Return the smallest crowd of the fan-out, or as much of it as both carry."""
    size = min(*profile.fanout_sockets, LARGEST)
    return [Gathering(size, size)]


SCENARIO = Scenario(
    "agreement",
    "the null server's broadcast, as picows and websockets receive it",
    15,
    run,
    calibration=True,
    gatherings=hall,
    roles=WITH_A_SOCKET,
    when="full",
)
