"""Ending what runs beside: asked more than once, for a cancellation can get lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN = 0.1
"""Seconds after which what still runs is cancelled again."""


async def ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks until all of them have ended, whatever they end with.

    Once is not enough. Before Python 3.12 ``asyncio.wait_for``, by which redis sends, swallows a
    cancellation that comes just as what it waits for is done; channels_redis swallows one that
    comes with a message. A task that goes round for ever would then do so for ever.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _done, running = await asyncio.wait(running, timeout=AGAIN)
