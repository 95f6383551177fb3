"""Start and command the load generators of a session, and combine their answers."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from benchmarks.errors import GeneratorFailed
from benchmarks.generator.users import Place
from benchmarks.measure.capacity import Step
from benchmarks.measure.health import GeneratorHealth, worst
from benchmarks.measure.validity import generator_limits
from benchmarks.recording import Recording
from benchmarks.run.pinning import pinned
from benchmarks.run.server_environment import generator_environment
from benchmarks.servers.base import Client

ANSWER_TIMEOUT_SECONDS = 180
"""Seconds that a generator may take for one command; connecting thousands takes longest."""


@dataclass(frozen=True)
class Summary:
    """The results of the messages that were scheduled in a period of time."""

    sent: int
    acknowledged: int
    operations: int
    slow: int
    errors: Counter[str]
    latencies_ms: np.ndarray[Any, np.dtype[np.float64]]
    health: GeneratorHealth

    def step(self, users: int, room_size: int) -> Step:
        """Return the results as a step of the capacity search with so many users."""
        missing = max(0, self.sent * (room_size - 1) - len(self.latencies_ms))
        return Step(
            users=users,
            latencies_ms=np.concatenate([self.latencies_ms, np.full(missing, np.inf)]),
            operations=self.operations,
            errors=sum(self.errors.values()),
            unacknowledged=self.sent - self.acknowledged,
            first_error=next(iter(self.errors), ""),
            instrument=tuple(generator_limits(self.health)),
        )


@dataclass
class Fleet:
    """The load generators of one session. Use it as a context manager: its exit ends them.

    Users that connect use the client library that ``client`` names at that time. Generators
    need some time to start, so they may be started before there is a server; ``reach`` then
    gives them its address.
    """

    crowd: Path
    client: Client
    session: int
    seed: int
    cpus: list[int]
    folder: Path
    room_size: int
    users: int = 0
    _processes: list[Process] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        """Start one generator on each processor."""
        for index, cpu in enumerate(self.cpus):
            self._processes.append(await self._start(index, cpu))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Kill the generators, also after an error."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def reach(self, place: Place) -> None:
        """Wait until all generators have started, and give them the server's address."""
        await self._send_to_each(do="reach", **asdict(place))

    async def connect(self, upto: int) -> None:
        """Connect users until there are ``upto``, distributed over the generators by rooms."""
        answers = await self._send(
            [
                {"do": "connect", "upto": share, "client": self.client}
                for share in self._divide(upto)
            ]
        )
        self.users = sum(answer["users"] for answer in answers)

    async def disconnect_to(self, downto: int) -> None:
        """Disconnect users until there are ``downto``."""
        answers = await self._send(
            [{"do": "disconnect_to", "downto": share} for share in self._divide(downto)]
        )
        self.users = sum(answer["users"] for answer in answers)

    async def send_on_schedule(self, per_user: float) -> None:
        """Start sending messages on an open-loop schedule, at a rate per user and second."""
        await self._send_to_each(do="send_on_schedule", per_user=per_user)

    async def send_in_closed_loop(self) -> None:
        """Start a closed loop: each user sends again when its message is acknowledged."""
        await self._send_to_each(do="send_in_closed_loop")

    async def stop_sending(self) -> None:
        """Stop sending."""
        await self._send_to_each(do="stop_sending")

    async def typing(self, per_second: float, seconds: float) -> tuple[int, int]:
        """Send typing notices; return the time of the start and of the end, in ns."""
        answers = await self._send_to_each(
            do="typing", per_second=per_second / len(self._processes), seconds=seconds
        )
        return (
            min(answer["start_ns"] for answer in answers),
            max(answer["end_ns"] for answer in answers),
        )

    async def summary(self, start_ns: int, end_ns: int) -> Summary:
        """Return the results of the messages that were scheduled between two times."""
        answers = await self._send_to_each(do="summary", start_ns=start_ns, end_ns=end_ns)
        return Summary(
            sent=sum(answer["sent"] for answer in answers),
            acknowledged=sum(answer["acked_refs"] for answer in answers),
            operations=sum(answer["operations"] for answer in answers),
            slow=sum(answer["slow"] for answer in answers),
            errors=sum((Counter(answer["errors"]) for answer in answers), Counter()),
            latencies_ms=np.concatenate(
                [np.asarray(answer["latencies_us"], dtype=float) for answer in answers]
            )
            / 1000,
            health=worst(GeneratorHealth(**answer["health"]) for answer in answers),
        )

    async def finish(self, recording: Recording) -> None:
        """Disconnect all users, and add the logs of the generators to the recording."""
        folders = [self.folder / f"generator-{index}" for index in range(len(self._processes))]
        await self._send([{"do": "finish", "folder": str(folder)} for folder in folders])
        for folder in folders:
            recording.extend(Recording.read(folder))

    async def watch(self) -> None:
        """Wait until a generator ends, and raise an error then; never return.

        Raises:
            GeneratorFailed: a generator ended.
        """
        ended = [asyncio.create_task(process.wait()) for process in self._processes]
        try:
            await asyncio.wait(ended, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ended:
                task.cancel()
        raise GeneratorFailed("A load generator died in the middle of the run.")

    async def _start(self, index: int, cpu: int) -> Process:
        command = [
            sys.executable,
            "-m",
            "benchmarks.generator.generator",
            f"--crowd={self.crowd}",
            f"--share={index}/{len(self.cpus)}",
            f"--session={self.session}",
            f"--seed={self.seed}",
        ]
        with pinned([cpu]):
            # Start it in a session of its own, so that Ctrl-C reaches only this process, which
            # then ends the generators in an orderly way.
            return await asyncio.create_subprocess_exec(
                *command,
                env=generator_environment(os.environ),
                stdin=PIPE,
                stdout=PIPE,
                start_new_session=True,
                limit=1 << 26,
            )

    def _divide(self, total: int) -> list[int]:
        """Return the number of users for each generator, in whole rooms."""
        rooms, count = total // self.room_size, len(self._processes)
        return [
            (rooms // count + (index < rooms % count)) * self.room_size for index in range(count)
        ]

    async def _send_to_each(self, **command: Any) -> list[dict[str, Any]]:
        return await self._send([command] * len(self._processes))

    async def _send(self, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Send one command to each generator, and return all answers."""
        return await asyncio.gather(
            *(
                _execute(process, command)
                for process, command in zip(self._processes, commands, strict=True)
            )
        )


async def _execute(process: Process, command: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(command).encode() + b"\n")
        await process.stdin.drain()
        line = await asyncio.wait_for(process.stdout.readline(), ANSWER_TIMEOUT_SECONDS)
        answer: dict[str, Any] = json.loads(line)
    except TimeoutError:  # It is a subclass of OSError, so it has to be caught first.
        raise GeneratorFailed(
            f"A load generator did not answer {command['do']!r} within {ANSWER_TIMEOUT_SECONDS} s."
        ) from None
    except (OSError, ValueError) as error:
        raise GeneratorFailed("A load generator died in the middle of the run.") from error
    return answer
