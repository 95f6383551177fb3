"""A process with a hub, told by JSON lines who joins and leaves (test_fanout_processes.py)."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import defaultdict
from collections.abc import Hashable

from channels_redis.core import RedisChannelLayer

from reference_app.chat.fanout import Hub
from reference_app.chat.outlets import Encoded


class Member:
    """A socket that remembers what it was told."""

    def __init__(self, told: list[str], news: asyncio.Event) -> None:
        self._told = told
        self._news = news

    def tell(self, frame: Encoded) -> None:
        self._told.append(frame.text)
        self._news.set()

    def hint(self, key: Hashable, frame: Encoded) -> None:
        raise AssertionError(f"nobody types here: {key} {frame.text}")

    def membership_changed(self) -> None:
        raise AssertionError("nobody becomes a member here")


class Worker:
    """Does what it is told, one line after the other."""

    def __init__(self, url: str) -> None:
        hosts = [{"address": url, "socket_timeout": 30}]
        self._hub = Hub(RedisChannelLayer(hosts=hosts, capacity=1500, expiry=60))
        self._told: dict[str, list[str]] = defaultdict(list)
        self._news = asyncio.Event()
        self._members: dict[str, Member] = {}

    async def do(self, verb: str, group: str = "", member: str = "", count: int = 0) -> object:
        """Do one thing; return what is answered."""
        match verb:
            case "join":
                who = self._members[member] = self._members.get(member) or Member(
                    self._told[member], self._news
                )
                await self._hub.join({group: None}, who)
            case "leave":
                await self._hub.leave([group], self._members[member])
            case "wait":
                async with asyncio.timeout(20):
                    while sum(map(len, self._told.values())) < count:
                        self._news.clear()
                        await self._news.wait()
            case "report":
                return self._told
        return None


async def main() -> None:
    """Serve standard input until it ends."""
    worker = Worker(sys.argv[1])
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await worker.do(**json.loads(line))), flush=True)


asyncio.run(main())
