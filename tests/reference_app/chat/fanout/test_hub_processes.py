"""Three processes, 10,000 random joins, leaves and messages: who receives what, in what order."""

from __future__ import annotations

import asyncio
import json
import random
import sys
from asyncio.subprocess import PIPE, Process
from collections import defaultdict
from pathlib import Path
from typing import Any

from channels_redis.core import RedisChannelLayer

from reference_app.serving.valkey import embedded_valkey

STEPS = 10_000
GROUPS = [f"conversation.{n}" for n in range(1, 9)]
MEMBERS = [f"member {n}" for n in range(6)]


class Workers:
    """The worker processes, and the messages that each of their members should receive."""

    def __init__(self, processes: list[Process]) -> None:
        self._processes = processes
        self._due = [0] * len(processes)
        self.inside: set[tuple[int, str, str]] = set()
        self.expected: dict[tuple[int, str], list[str]] = defaultdict(list)

    async def run(self, process: int, **command: Any) -> Any:
        pipe = self._processes[process]
        assert pipe.stdin
        assert pipe.stdout
        pipe.stdin.write(json.dumps(command).encode() + b"\n")
        line = await asyncio.wait_for(pipe.stdout.readline(), 30)
        assert line, "a worker died"
        return json.loads(line)

    def expect(self, group: str, text: str) -> None:
        """Record who should receive a message: the members at this moment."""
        for process, inside, member in self.inside:
            if inside == group:
                self.expected[process, member].append(text)
                self._due[process] += 1

    async def wait_for_arrivals(self) -> None:
        """Wait until all messages that were sent have arrived."""
        for process, count in enumerate(self._due):
            await self.run(process, verb="wait", count=count)


async def test_members_receive_exactly_the_messages_of_the_time_they_are_joined_in_order(
    tmp_path: Path,
) -> None:
    rng = random.Random(20_180_301)
    with embedded_valkey(tmp_path / "valkey.log") as valkey:
        hosts = [{"address": valkey.url, "socket_timeout": 30}]
        layer = RedisChannelLayer(hosts=hosts, capacity=1500, expiry=60)
        processes = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.reference_app.chat.fanout.hub_worker", valkey.url),
                stdin=PIPE,
                stdout=PIPE,
                limit=1 << 26,
            )
            for _ in range(3)
        ]
        try:
            workers = Workers(processes)
            await _random_steps(workers, layer, rng)
            await workers.wait_for_arrivals()
            received = {
                (process, member): texts
                for process in range(len(processes))
                for member, texts in (await workers.run(process, verb="report")).items()
                if texts
            }
        finally:
            for one in processes:
                one.kill()
                await one.wait()
    assert sum(map(len, received.values())) > STEPS, "enough messages were received"
    assert {who: _by_group(texts) for who, texts in received.items()} == {
        who: _by_group(texts) for who, texts in workers.expected.items()
    }


async def _random_steps(workers: Workers, layer: RedisChannelLayer, rng: random.Random) -> None:
    seqs: dict[str, int] = defaultdict(int)
    for _ in range(STEPS):
        group = rng.choice(GROUPS)
        if rng.random() < 0.6:
            seqs[group] += 1
            text = f"{group} {seqs[group]}"
            workers.expect(group, text)
            await layer.group_send(
                group,
                {
                    "type": "chat.frame",
                    "kind": "message",
                    "group": group,
                    "epoch": 1,
                    "seq": seqs[group],
                    "text": text,
                },
            )
            continue
        # Messages that were sent before belong to the membership before.
        await workers.wait_for_arrivals()
        where = (rng.randrange(3), group, rng.choice(MEMBERS))
        verb = "leave" if where in workers.inside else "join"
        await workers.run(where[0], verb=verb, group=group, member=where[2])
        workers.inside ^= {where}


def _by_group(texts: list[str]) -> dict[str, list[str]]:
    """Return the messages of each group, in the order in which they were received."""
    found: dict[str, list[str]] = defaultdict(list)
    for text in texts:
        found[text.split()[0]].append(text)
    return found
