"""A load generator: one asyncio process that is a part of the crowd.

It is driven by JSON lines on standard input and answers each with one on standard
output (`fleet.py` is the other end):

    reach host ports security socket_ports
                            the server's place; the first command, and only that
    connect upto client     open users until that many are there, the new ones of this kind
    leave downto            close users until that many are there
    load per_user           start the message schedule, messages per user and second
    rounds                  let everybody write, and again once that is acknowledged
    rest                    stop the schedule, or the rounds
    typing per_second seconds
                            let people start typing, each at most once
    summary start_ns end_ns what became of the messages due in between
    finish folder           close everybody and write the log as tables
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.generator.health import TickGrid
from benchmarks.generator.log import MESSAGE, TYPING, Log, Sent
from benchmarks.generator.members import Member, read_crowd
from benchmarks.generator.picows import Copies, PicowsUser
from benchmarks.generator.requests import HttpClient
from benchmarks.generator.schedule import poisson_ns
from benchmarks.generator.users import HELD, Place, User, UserContext
from benchmarks.generator.wires import WIRES
from benchmarks.recording import NEVER
from benchmarks.servers.base import Client
from benchmarks.transports.registry import find_transport

CONNECT_AT_ONCE = 20
"""Connections opened side by side: a crowd arriving briskly, not a stampede."""

CONNECT_WITHIN = 120.0
"""Seconds after which nobody else tries to connect: the server answers too slowly, or never."""

SLOW_NS = 1_000_000_000
"""An operation that takes longer is a sign of a server that falls behind."""


class Generator:
    """Users, the schedule that drives them, and the log of it all."""

    def __init__(self, crowd: list[Member], place: Place, log: Log, seed: int) -> None:
        self._crowd = crowd
        self._place = place
        self._log = log
        self._seed = seed
        self._random = random.Random(seed)  # noqa: S311 - a schedule, not a secret
        self._users: list[User] = []
        self._next_ref = log.session << 48 | log.generator << 40
        self._load: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._http = HttpClient(place, log)
        self._copies: Copies = {}

    async def connect(self, upto: int, client: Client) -> dict[str, Any]:
        """Open users until that many are there."""
        newcomers = [self._user(member, client) for member in self._crowd[len(self._users) : upto]]
        gate = asyncio.Semaphore(CONNECT_AT_ONCE)
        began = time.monotonic()

        async def arrive(user: User) -> None:
            async with gate:
                if time.monotonic() - began < CONNECT_WITHIN:
                    await user.connect()
                else:
                    now = time.monotonic_ns()
                    self._log.done("connect", now, ok=False, detail="too late to try")

        await asyncio.gather(*(arrive(user) for user in newcomers))
        # What lives as long as the users need not be looked at by the collector again.
        gc.collect()
        gc.freeze()
        self._users += newcomers
        return {"users": len(self._users)}

    async def leave(self, downto: int) -> dict[str, Any]:
        """Close users until that many are there."""
        leaving, self._users = self._users[downto:], self._users[:downto]
        await asyncio.gather(*(user.disconnect() for user in leaving))
        return {"users": len(self._users)}

    async def load(self, per_user: float) -> dict[str, Any]:
        """Start the schedule of messages."""
        await self.rest()
        self._load = asyncio.create_task(self._send_on_schedule(per_user))
        return {}

    async def rounds(self) -> dict[str, Any]:
        """Let everybody write, and again once that is acknowledged: a closed loop."""
        await self.rest()
        for user in self._users:
            if isinstance(user, PicowsUser):
                user.when_acknowledged = self._write_now
                self._write_now(user)
        return {}

    def _write_now(self, user: User) -> None:
        self._spawn(user.send(self._new(MESSAGE, user, time.monotonic_ns())))

    async def rest(self) -> dict[str, Any]:
        """Stop the schedule, or the rounds; what was sent goes on arriving."""
        for user in self._users:
            if isinstance(user, PicowsUser):
                user.when_acknowledged = None
        if self._load:
            self._load.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._load
            self._load = None
        return {}

    async def typing(self, per_second: float, seconds: float) -> dict[str, Any]:
        """Let people start typing on a schedule, each of them at most once."""
        start = time.monotonic_ns()
        typists = self._random.sample(self._users, len(self._users))
        for due, user in zip(poisson_ns(per_second, start, self._random), typists, strict=False):
            if due > start + seconds * 1e9:
                break
            await _until(due)
            sent = self._new(TYPING, user, due)
            self._log.typists[sent.conversation, sent.sender] = sent.ref
            self._spawn(user.type(sent, active=True))
        return {"start_ns": start, "end_ns": time.monotonic_ns()}

    def summary(self, start_ns: int, end_ns: int) -> dict[str, Any]:
        """Return what became of the messages that were due in between."""
        due = {
            ref: one
            for ref, one in self._log.sent.items()
            if one.kind == MESSAGE and start_ns <= one.intended_ns < end_ns
        }
        latencies_ns = self._log.received.latencies_ns(
            {ref: one.intended_ns for ref, one in due.items()}
        )
        errors = Counter(
            f"{kind}: {detail}"
            for kind, at_ns, _took, ok, detail in self._log.operations
            if not ok and start_ns <= at_ns < end_ns
        )
        return {
            "sent": len(due),
            "acked_refs": sum(one.acked_ns != NEVER for one in due.values()),
            "operations": sum(
                start_ns <= at_ns < end_ns for _kind, at_ns, *_rest in self._log.operations
            ),
            "slow": sum(
                took > SLOW_NS and kind != HELD and start_ns <= at_ns < end_ns
                for kind, at_ns, took, _ok, _detail in self._log.operations
            ),
            "errors": errors,
            "latencies_us": (latencies_ns // 1000).tolist(),
            "health": asdict(self._log.health_within(start_ns, end_ns, list(due.values()))),
        }

    async def finish(self, folder: str) -> dict[str, Any]:
        """Close everybody and write the log."""
        await self.rest()
        await self.leave(0)
        await self._http.close()
        self._log.recording().write(Path(folder))
        return {}

    async def watch_health(self) -> None:
        """Record, at every tick, how late this event loop is and what it has cost so far."""
        grid = TickGrid(time.monotonic_ns())
        while True:
            await asyncio.sleep(grid.seconds_left(time.monotonic_ns()))
            now, used = time.monotonic_ns(), time.process_time_ns()
            self._log.health += [(due, lag, used) for due, lag in grid.passed(now)]

    def _user(self, member: Member, client: Client) -> User:
        seed = self._seed * 1_000_003 + member.id
        context = UserContext(self._place, self._log, self._http, seed)
        if client in WIRES:
            return PicowsUser(member, context, WIRES[client], self._copies)
        return find_transport(client).user(member, context)

    async def _send_on_schedule(self, per_user: float) -> None:
        last = time.monotonic_ns()
        while True:
            # One step at a time: the rate follows the number of users that are there.
            rate = per_user * max(1, len(self._users))
            last = next(poisson_ns(rate, last, self._random))
            await _until(last)
            # Of a small crowd, all may be with another generator.
            if self._users:
                user = self._random.choice(self._users)
                self._spawn(user.send(self._new(MESSAGE, user, last)))

    def _new(self, kind: str, user: User, due: int) -> Sent:
        self._next_ref += 1
        sent = Sent(kind, self._next_ref, user.member.id, user.member.room, due)
        self._log.sent[sent.ref] = sent
        return sent

    def _spawn(self, sending: Any) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)


async def _until(due_ns: int) -> None:
    wait = (due_ns - time.monotonic_ns()) / 1e9
    if wait > 0:
        await asyncio.sleep(wait)


async def serve(generator_for: Callable[[Place], Generator]) -> None:
    """Wait until the server's place is known, and answer commands until there are no more."""
    loop = asyncio.get_running_loop()
    commands = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(commands), sys.stdin)
    first = await commands.readline()
    if not first:
        return
    place = json.loads(first)
    generator = generator_for(
        Place(place["host"], tuple(place["ports"]), place["security"], tuple(place["socket_ports"]))
    )
    print(json.dumps({}), flush=True)
    health = asyncio.create_task(generator.watch_health())
    async for line in commands:
        command = json.loads(line)
        answer = getattr(generator, command.pop("do"))(**command)
        if asyncio.iscoroutine(answer):
            answer = await answer
        print(json.dumps(answer), flush=True)
    health.cancel()


def main() -> None:
    """Run one generator; started by fleet.py."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generator.generator")
    parser.add_argument("--crowd", type=Path, required=True)
    parser.add_argument("--share", required=True, help="I/N: the I-th of N generators")
    parser.add_argument("--session", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    options = parser.parse_args()
    index, count = (int(part) for part in options.share.split("/"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    gc.set_threshold(50_000, 20, 100)
    crowd = read_crowd(options.crowd)
    rooms = sorted({member.room for member in crowd})
    mine = set(rooms[index::count])
    members = [member for member in crowd if member.room in mine]
    log = Log(options.session, index)
    try:
        asyncio.run(serve(lambda place: Generator(members, place, log, options.seed)))
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
