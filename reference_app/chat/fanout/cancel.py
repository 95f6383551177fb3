"""Cancel background tasks, repeating because some libraries swallow cancellation."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

REPEAT_SECONDS = 0.1
"""Time after which a task that still runs is cancelled again."""


async def cancel_and_wait(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all of them have ended, whatever they end with.

    Once is not enough. Before Python 3.12 ``asyncio.wait_for``, with which redis sends, swallows
    a cancellation that arrives just when what it waits for is done; channels_redis swallows one
    that arrives with a message. A task with an endless loop would then never end.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _done, running = await asyncio.wait(running, timeout=REPEAT_SECONDS)
