"""Run Locust in a separate process, which starts before the server that it will load."""

from __future__ import annotations

import json
import os
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from benchmarks.errors import GeneratorFailed
from benchmarks.run.pinning import pinned
from benchmarks.run.server_environment import generator_environment

LOCUSTFILE = Path(__file__).with_name("users.py")

Phases = Mapping[str, tuple[int, int]]
"""The start and end of each phase of the load, in ns of the monotonic clock."""


@dataclass
class LocustProcess:
    """A Locust process with ``users`` users, which waits for its settings.

    Use it as a context manager: its exit ends the process. Importing Locust takes more than a
    second, so it is started early, to be ready when the server is.
    """

    users: int
    cpus: list[int]
    _process: Process | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        """Start the process."""
        command = [
            *(sys.executable, "-m", "locust", "--locustfile", str(LOCUSTFILE), "--headless"),
            *("--users", str(self.users), "--spawn-rate", "100", "--stop-timeout", "0"),
            *("--loglevel", "ERROR", "--only-summary", "--exit-code-on-error", "0"),
        ]
        with pinned(self.cpus):
            self._process = await create_subprocess_exec(
                *command,
                env=generator_environment(os.environ),
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,
            )
        return self

    async def __aexit__(self, *_exc: object) -> None:
        """Kill the process, also after an error."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def begin(self, settings: Mapping[str, Any]) -> Phases:
        """Start the load and return its phases.

        Raises:
            GeneratorFailed: the load does not start.
        """
        process = self._process
        assert process is not None, "not started"
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(settings).encode() + b"\n")
            await process.stdin.drain()
        except OSError:  # The process has ended: end() reports the last line of its error output.
            await self.end()
        line = await process.stdout.readline()
        if not line:
            await self.end()
        try:
            return {phase: (start, end) for phase, (start, end) in json.loads(line).items()}
        except (ValueError, AttributeError):
            raise GeneratorFailed(f"Locust said {line[:80]!r} instead of its phases.") from None

    async def end(self) -> None:
        """Wait until the load is over and recorded.

        Raises:
            GeneratorFailed: the process failed.
        """
        assert self._process is not None, "not started"
        _output, errors = await self._process.communicate()
        if self._process.returncode:
            lines = errors.decode(errors="replace").strip().splitlines() or ["no message"]
            raise GeneratorFailed(f"Locust failed: {lines[-1]}")
