"""Background tasks are cancelled even if a library swallows the first cancellation."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from reference_app.chat.fanout.cancel import cancel_and_wait


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again() -> None:
    swallowed = asyncio.Event()

    async def swallows_the_first() -> None:
        while True:
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(3_600)
            if swallowed.is_set():
                return
            swallowed.set()

    async def fails() -> None:
        raise ValueError("of its own")

    tasks = [asyncio.create_task(one()) for one in (swallows_the_first, fails)]
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await cancel_and_wait(tasks)
    assert swallowed.is_set()
    assert all(task.done() for task in tasks)
    assert isinstance(tasks[1].exception(), ValueError)


async def test_without_tasks_it_returns_at_once() -> None:
    await cancel_and_wait([])
