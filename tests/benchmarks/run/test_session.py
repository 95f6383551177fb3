"""Tests of the conditions that a session waits for."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.run.session import CALM_SECONDS
from tests.benchmarks.rooms import session_on


@contextmanager
def busy_loop(processor: int) -> Iterator[None]:
    """Keep a processor busy until the context ends."""
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
    with busy_loop(processor):
        waiting = asyncio.create_task(session.wait_until_calm(0.4, 60))
        await asyncio.sleep(4 * CALM_SECONDS)
        assert not waiting.done()
    await waiting
    assert [row["activity"] for row in session.timeline.rows()] == ["wait for a calm server"]
