"""A process with a hub that follows commands on standard input, as lines of JSON.

test_hub_processes.py starts it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Hashable

from channels_redis.core import RedisChannelLayer

from reference_app.chat.fanout.hub import Hub
from reference_app.chat.fanout.send_buffers import EncodedFrame


class Member:
    """A subscriber that records the frames it receives."""

    def __init__(self, received: list[str], arrival: asyncio.Event) -> None:
        self._received = received
        self._arrival = arrival

    def send_durable(self, frame: EncodedFrame) -> None:
        self._received.append(frame.text)
        self._arrival.set()

    def send_ephemeral(self, key: Hashable, frame: EncodedFrame) -> None:
        raise AssertionError(f"nobody types here: {key} {frame.text}")

    def membership_changed(self) -> None:
        raise AssertionError("nobody becomes a member here")


class Worker:
    """Runs the commands, one after the other."""

    def __init__(self, url: str) -> None:
        hosts = [{"address": url, "socket_timeout": 30}]
        self._hub = Hub(RedisChannelLayer(hosts=hosts, capacity=1500, expiry=60))
        self._received: dict[str, list[str]] = defaultdict(list)
        self._arrival = asyncio.Event()
        self._members: dict[str, Member] = {}

    async def do(self, verb: str, group: str = "", member: str = "", count: int = 0) -> object:
        """Run one command; return its result."""
        match verb:
            case "join":
                who = self._members[member] = self._members.get(member) or Member(
                    self._received[member], self._arrival
                )
                await self._hub.join({group: None}, who)
            case "leave":
                await self._hub.leave([group], self._members[member])
            case "wait":
                async with asyncio.timeout(20):
                    while sum(map(len, self._received.values())) < count:
                        self._arrival.clear()
                        await self._arrival.wait()
            case "report":
                return self._received
        return None


async def main() -> None:
    """Run the commands of standard input until it ends."""
    worker = Worker(sys.argv[1])
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await worker.do(**json.loads(line))), flush=True)


asyncio.run(main())
