"""A load generator: one asyncio process that simulates a part of the test users.

It reads commands as JSON lines from standard input and answers each with one JSON line on
standard output. `fleet.py` sends the commands:

    reach host ports security socket_ports
        set the server's address; always the first command, sent only once
    connect upto client
        connect users until there are so many, new ones with this client
    disconnect_to downto
        disconnect users until there are so many
    send_on_schedule per_user
        start the message schedule, messages per user and second
    send_in_closed_loop
        start a closed loop: each user sends again when it is acknowledged
    stop_sending
        stop the schedule or the closed loop
    typing per_second seconds
        send typing notices, at most one per user
    summary start_ns end_ns
        return the results of the messages scheduled in between
    finish folder
        disconnect all users and write the log as tables
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
"""Number of connections opened at the same time, so that they do not overload the server."""

CONNECT_TIMEOUT_SECONDS = 120.0
"""Seconds after which no more users connect, because the server answers too slowly or never."""

SLOW_NS = 1_000_000_000
"""An operation that takes longer is a sign of an overloaded server."""


class Generator:
    """The users of one generator, the schedule of their messages, and the log."""

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
        """Connect users until there are ``upto``."""
        new_users = [
            self._make_user(member, client) for member in self._crowd[len(self._users) : upto]
        ]
        semaphore = asyncio.Semaphore(CONNECT_AT_ONCE)
        start = time.monotonic()

        async def connect_in_time(user: User) -> None:
            async with semaphore:
                if time.monotonic() - start < CONNECT_TIMEOUT_SECONDS:
                    await user.connect()
                else:
                    now = time.monotonic_ns()
                    self._log.done("connect", now, ok=False, detail="too late to try")

        await asyncio.gather(*(connect_in_time(user) for user in new_users))
        # Exclude the objects that live as long as the users from later garbage collections.
        gc.collect()
        gc.freeze()
        self._users += new_users
        return {"users": len(self._users)}

    async def disconnect_to(self, downto: int) -> dict[str, Any]:
        """Disconnect users until there are ``downto``."""
        leaving, self._users = self._users[downto:], self._users[:downto]
        await asyncio.gather(*(user.disconnect() for user in leaving))
        return {"users": len(self._users)}

    async def send_on_schedule(self, per_user: float) -> dict[str, Any]:
        """Start the schedule of messages."""
        await self.stop_sending()
        self._load = asyncio.create_task(self._follow_schedule(per_user))
        return {}

    async def send_in_closed_loop(self) -> dict[str, Any]:
        """Start a closed loop: each picows user sends again when its message is acknowledged."""
        await self.stop_sending()
        for user in self._users:
            if isinstance(user, PicowsUser):
                user.when_acknowledged = self._send_now
                self._send_now(user)
        return {}

    def _send_now(self, user: User) -> None:
        self._spawn(user.send(self._register(MESSAGE, user, time.monotonic_ns())))

    async def stop_sending(self) -> dict[str, Any]:
        """Stop the schedule or the closed loop; messages already sent still arrive."""
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
        """Send typing notices on a schedule, at most one per user."""
        start = time.monotonic_ns()
        typists = self._random.sample(self._users, len(self._users))
        for due, user in zip(poisson_ns(per_second, start, self._random), typists, strict=False):
            if due > start + seconds * 1e9:
                break
            await _sleep_until(due)
            sent = self._register(TYPING, user, due)
            self._log.typists[sent.conversation, sent.sender] = sent.ref
            self._spawn(user.type(sent, active=True))
        return {"start_ns": start, "end_ns": time.monotonic_ns()}

    def summary(self, start_ns: int, end_ns: int) -> dict[str, Any]:
        """Return the results of the messages that were scheduled between two times."""
        scheduled = {
            ref: sent
            for ref, sent in self._log.sent.items()
            if sent.kind == MESSAGE and start_ns <= sent.intended_ns < end_ns
        }
        latencies_ns = self._log.received.latencies_ns(
            {ref: sent.intended_ns for ref, sent in scheduled.items()}
        )
        errors = Counter(
            f"{kind}: {detail}"
            for kind, at_ns, _took, ok, detail in self._log.operations
            if not ok and start_ns <= at_ns < end_ns
        )
        return {
            "sent": len(scheduled),
            "acked_refs": sum(sent.acked_ns != NEVER for sent in scheduled.values()),
            "operations": sum(
                start_ns <= at_ns < end_ns for _kind, at_ns, *_rest in self._log.operations
            ),
            "slow": sum(
                took > SLOW_NS and kind != HELD and start_ns <= at_ns < end_ns
                for kind, at_ns, took, _ok, _detail in self._log.operations
            ),
            "errors": errors,
            "latencies_us": (latencies_ns // 1000).tolist(),
            "health": asdict(self._log.health_within(start_ns, end_ns, list(scheduled.values()))),
        }

    async def finish(self, folder: str) -> dict[str, Any]:
        """Disconnect all users and write the log."""
        await self.stop_sending()
        await self.disconnect_to(0)
        await self._http.close()
        self._log.recording().write(Path(folder))
        return {}

    async def watch_health(self) -> None:
        """Record, at every tick, the lag of this event loop and the CPU time used so far."""
        grid = TickGrid(time.monotonic_ns())
        while True:
            await asyncio.sleep(grid.seconds_left(time.monotonic_ns()))
            now, used = time.monotonic_ns(), time.process_time_ns()
            self._log.health += [(due, lag, used) for due, lag in grid.passed(now)]

    def _make_user(self, member: Member, client: Client) -> User:
        seed = self._seed * 1_000_003 + member.id
        context = UserContext(self._place, self._log, self._http, seed)
        if client in WIRES:
            return PicowsUser(member, context, WIRES[client], self._copies)
        return find_transport(client).user(member, context)

    async def _follow_schedule(self, per_user: float) -> None:
        last = time.monotonic_ns()
        while True:
            # Draw one send time at a time, because the rate follows the number of users.
            rate = per_user * max(1, len(self._users))
            last = next(poisson_ns(rate, last, self._random))
            await _sleep_until(last)
            # If there are few users, this generator may have none of them.
            if self._users:
                user = self._random.choice(self._users)
                self._spawn(user.send(self._register(MESSAGE, user, last)))

    def _register(self, kind: str, user: User, due: int) -> Sent:
        """Return a new message or typing notice with its own ref, added to the log."""
        self._next_ref += 1
        sent = Sent(kind, self._next_ref, user.member.id, user.member.room, due)
        self._log.sent[sent.ref] = sent
        return sent

    def _spawn(self, sending: Any) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)


async def _sleep_until(due_ns: int) -> None:
    wait_seconds = (due_ns - time.monotonic_ns()) / 1e9
    if wait_seconds > 0:
        await asyncio.sleep(wait_seconds)


async def serve(generator_for: Callable[[Place], Generator]) -> None:
    """Wait for the server's address, and then answer commands until standard input ends."""
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
    own_rooms = set(rooms[index::count])
    members = [member for member in crowd if member.room in own_rooms]
    log = Log(options.session, index)
    try:
        asyncio.run(serve(lambda place: Generator(members, place, log, options.seed)))
    except KeyboardInterrupt:
        os._exit(130)


if __name__ == "__main__":
    main()
