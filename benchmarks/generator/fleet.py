"""The other end of the generators: starts them, tells them what to do, adds up their answers."""

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

ANSWER_TIMEOUT = 180
"""Seconds a generator may take for one command; connecting thousands is the longest."""


@dataclass(frozen=True)
class Summary:
    """What became of the messages that were due in a stretch of time."""

    sent: int
    acknowledged: int
    operations: int
    slow: int
    errors: Counter[str]
    latencies_ms: np.ndarray[Any, np.dtype[np.float64]]
    health: GeneratorHealth

    def step(self, users: int, room_size: int) -> Step:
        """Return what became of it with so many users, as the rule of capacity takes it."""
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
    """The generators of one session. Used as a context: leaving it ends them.

    Who connects is of the kind that ``client`` names at that time. Generators take a while to
    start, and may do so before there is a server: ``reach`` then says where it is.
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
        """End the generators, however it came to that."""
        for process in self._processes:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def reach(self, place: Place) -> None:
        """Wait until all generators have started, and let them load this server."""
        await self._each(do="reach", **asdict(place))

    async def connect(self, upto: int) -> None:
        """Open users until that many are there, spread over the generators by rooms."""
        answers = await self._all(
            [
                {"do": "connect", "upto": share, "client": self.client}
                for share in self._shares(upto)
            ]
        )
        self.users = sum(answer["users"] for answer in answers)

    async def leave(self, downto: int) -> None:
        """Close users until that many are there."""
        answers = await self._all(
            [{"do": "leave", "downto": share} for share in self._shares(downto)]
        )
        self.users = sum(answer["users"] for answer in answers)

    async def load(self, per_user: float) -> None:
        """Start sending: messages per user and second, on an open schedule."""
        await self._each(do="load", per_user=per_user)

    async def rounds(self) -> None:
        """Let everybody write, and again once that is acknowledged: a closed loop."""
        await self._each(do="rounds")

    async def rest(self) -> None:
        """Stop sending."""
        await self._each(do="rest")

    async def typing(self, per_second: float, seconds: float) -> tuple[int, int]:
        """Let people start typing; return when that began and ended."""
        answers = await self._each(
            do="typing", per_second=per_second / len(self._processes), seconds=seconds
        )
        return (
            min(answer["start_ns"] for answer in answers),
            max(answer["end_ns"] for answer in answers),
        )

    async def summary(self, start_ns: int, end_ns: int) -> Summary:
        """Return what became of the messages that were due in between."""
        answers = await self._each(do="summary", start_ns=start_ns, end_ns=end_ns)
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
        """Close everybody, and add what the generators noted to the recording."""
        folders = [self.folder / f"generator-{index}" for index in range(len(self._processes))]
        await self._all([{"do": "finish", "folder": str(folder)} for folder in folders])
        for folder in folders:
            recording.extend(Recording.read(folder))

    async def watch(self) -> None:
        """Return never; raise when a generator dies.

        Raises:
            GeneratorFailed: one did.
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
            # A session of its own: Ctrl-C is for us, who then end it in order.
            return await asyncio.create_subprocess_exec(
                *command,
                env=generator_environment(os.environ),
                stdin=PIPE,
                stdout=PIPE,
                start_new_session=True,
                limit=1 << 26,
            )

    def _shares(self, total: int) -> list[int]:
        """Return how many users each generator has, in whole rooms."""
        rooms, count = total // self.room_size, len(self._processes)
        return [
            (rooms // count + (index < rooms % count)) * self.room_size for index in range(count)
        ]

    async def _each(self, **command: Any) -> list[dict[str, Any]]:
        return await self._all([command] * len(self._processes))

    async def _all(self, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return await asyncio.gather(
            *(
                _ask(process, command)
                for process, command in zip(self._processes, commands, strict=True)
            )
        )


async def _ask(process: Process, command: dict[str, Any]) -> dict[str, Any]:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(command).encode() + b"\n")
        await process.stdin.drain()
        line = await asyncio.wait_for(process.stdout.readline(), ANSWER_TIMEOUT)
        answer: dict[str, Any] = json.loads(line)
    except TimeoutError:  # before OSError, of which it is one
        raise GeneratorFailed(
            f"A load generator did not answer {command['do']!r} within {ANSWER_TIMEOUT} s."
        ) from None
    except (OSError, ValueError) as error:
        raise GeneratorFailed("A load generator died in the middle of the run.") from error
    return answer
