"""What a session waits for before it goes on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.generator.users import Place
from benchmarks.recording import Recording
from benchmarks.run.pinning import Pinning
from benchmarks.run.profiles import SMOKE
from benchmarks.run.resources import ResourceSampler
from benchmarks.run.session import CALM_FOR, BenchSession
from benchmarks.run.workspace import SessionPlace
from benchmarks.servers.registry import find_server
from tests.benchmarks.rooms import crowd_of, fleet_of


def session_on(processor: int, folder: Path) -> BenchSession:
    """Return a session whose server may use one processor; nothing of it is started."""
    crowd = crowd_of(folder, 2, 2)
    return BenchSession(
        server=find_server("null"),
        number=1,
        repeat=1,
        profile=SMOKE,
        place=Place("127.0.0.1", (1,)),
        pinning=Pinning([processor], [processor]),
        workspace=SessionPlace(folder, crowd, {}),
        run=folder,
        fleet=fleet_of(crowd, folder, "picows", 2),
        sampler=ResourceSampler(1, {}),
        recording=Recording(),
    )


@contextmanager
def busy(processor: int) -> Iterator[None]:
    """Keep a processor busy meanwhile."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            os.sched_setaffinity(process.pid, {processor})
            yield
        finally:
            process.kill()


async def test_a_session_waits_until_the_server_processor_is_no_longer_busy(
    tmp_path: Path,
) -> None:
    processor = min(os.sched_getaffinity(0))
    session = session_on(processor, tmp_path)
    with busy(processor):
        waiting = asyncio.create_task(session.wait_until_calm(0.4, 60))
        await asyncio.sleep(4 * CALM_FOR)
        assert not waiting.done()
    await waiting
    assert [row["activity"] for row in session.timeline.rows()] == ["wait for a calm server"]
