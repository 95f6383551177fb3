"""Asking the database for many at once what each of many asks at the same time.

After a restart everybody comes back within seconds, and each wants to know the same of
themselves. A query costs about as much for fifty as for one: so while one runs, whoever
asks meanwhile is gathered for the next. Alone, one is answered at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import Generic, TypeVar

from channels.db import database_sync_to_async

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

MOST_AT_ONCE = 50
"""Keys of one look-up: bounds how long the first of them waits for the last."""


class Gathered(Generic[Key, Value]):
    """A look-up by keys, shared by those who wait for it. For one event loop."""

    def __init__(self, look_up: Callable[[Collection[Key]], Mapping[Key, Value]]) -> None:
        self._look_up = database_sync_to_async(look_up)
        self._waiting: deque[tuple[Key, asyncio.Future[Value | None]]] = deque()
        self._asking: asyncio.Task[None] | None = None

    async def get(self, key: Key) -> Value | None:
        """Return what a look-up that begins from now on finds; None if that is nothing.

        Raises:
            Exception: whatever the look-up raised.
        """
        answer: asyncio.Future[Value | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return await answer

    async def _ask(self) -> None:
        while self._waiting:
            asked = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            # Who has gone meanwhile wants nothing any more.
            asked = [(key, answer) for key, answer in asked if not answer.done()]
            if not asked:
                continue
            try:
                found = await self._look_up({key for key, _ in asked})
            except Exception as error:  # noqa: BLE001 - theirs, who wait for it
                for _, answer in asked:
                    if not answer.done():
                        answer.set_exception(error)
            else:
                for key, answer in asked:
                    if not answer.done():
                        answer.set_result(found.get(key))
        self._asking = None
