"""Objects that exist once for each event loop, and so once for each process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Creates an object for the running event loop when it is first requested.

    A server has one event loop for as long as it runs; tests have many, one after another.
    """

    def __init__(self, create: Callable[[], T]) -> None:
        self._create = create
        self._current: tuple[asyncio.AbstractEventLoop, T] | None = None

    def get(self) -> T:
        """Return the running event loop's object."""
        loop = asyncio.get_running_loop()
        if self._current is None or self._current[0] is not loop:
            self._current = loop, self._create()
        return self._current[1]
