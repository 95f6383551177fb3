"""What runs beside is ended even where a cancellation gets lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from reference_app.chat.ending import ended


async def test_a_task_that_swallows_a_cancellation_is_ended_all_the_same() -> None:
    swallowed = asyncio.Event()

    async def goes_round() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3_600)
            if swallowed.is_set():
                return
            swallowed.set()

    async def fails() -> None:
        raise ValueError("of its own")

    tasks = [asyncio.create_task(one()) for one in (goes_round, fails)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await ended(tasks)
    assert swallowed.is_set()
    assert all(task.done() for task in tasks)
    assert isinstance(tasks[1].exception(), ValueError)


async def test_nothing_to_end_is_ended_at_once() -> None:
    await ended([])
