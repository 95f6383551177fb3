"""Database lookups shared by the sockets that ask at the same time.

After a restart all clients come back within seconds, and each needs the same kind of data about
itself. One query for many keys replaces many queries for one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from typing import TypeVar

from channels.db import database_sync_to_async

from reference_app.runtime.batching import Batcher

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class BatchedLookup(Batcher[Key, Value | None]):
    """A lookup by keys; a key that is not found has None."""

    max_batch = 50
    skips_abandoned = True

    def __init__(self, look_up: Callable[[Collection[Key]], Mapping[Key, Value]]) -> None:
        super().__init__()
        self._look_up = database_sync_to_async(look_up)

    async def process(self, requests: Sequence[Key]) -> Sequence[Value | Exception | None]:
        """Look up all keys in one call."""
        found = await self._look_up(set(requests))
        return [found.get(key) for key in requests]
