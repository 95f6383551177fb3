"""Cross-check of the two client libraries: whether they measure the same under the same load.

The fan-out scenario receives with picows, all others with `websockets`. Here each library in
turn receives the same load from the same null server, so that figures measured with one can be
compared with figures measured with the other.
"""

import asyncio

from benchmarks.measure.fanout import CLIENTS
from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.scenarios.base import WITH_A_SOCKET, Scenario

RATE = 5_000.0
"""Deliveries/s: a quarter of what `websockets` received with half a processor."""


LARGEST = 500
"""Most sockets in the room. A message is one burst to all of them. With 5,000 sockets,
`websockets` needed 125 ms at the median for a burst, which says nothing about picows."""


async def run(session: BenchSession) -> None:
    """Receive with both libraries in turn, in the order A B B A."""
    size = session.profile.room_size
    for client in (*CLIENTS, *reversed(CLIENTS)):
        session.fleet.client = client
        await session.connect(session.profile.users)
        await session.fleet.send_on_schedule(RATE / (size - 1) / size)
        await asyncio.sleep(session.profile.warm_up)
        await session.window("client-crosscheck", client, session.profile.floor)
        await session.fleet.stop_sending()
        await session.wait_for_deadlines()
        await session.fleet.disconnect_to(0)


def hall(profile: Profile) -> list[Crowd]:
    """Return the smallest crowd of the fan-out, but with at most LARGEST sockets."""
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
