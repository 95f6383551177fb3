"""Run an awaitable in place, as far as it goes without waiting.

Sending a frame seldom has to wait, and a task for each frame would cost more than the frame.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterator
from typing import Any


def run_until_blocked(awaitable: Awaitable[None]) -> Suspended | None:
    """Run an awaitable until it ends or has to wait; return what is left of it, if anything."""
    steps = awaitable.__await__()
    try:
        return Suspended(steps, next(steps))
    except StopIteration:
        return None


class Suspended:
    """An awaitable that has begun to wait. Awaiting it continues where it stopped.

    An awaitable yields to its event loop the future that it waits for, marked as being waited
    for. Yielding the same future again later, inside a task, is all that is needed.
    """

    def __init__(self, steps: Iterator[Any], waits_for: Any) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        """Continue until the awaitable ends."""
        waits_for = self._waits_for
        try:
            while True:
                try:
                    yield waits_for
                except BaseException as error:  # noqa: BLE001 - passed on, cancellation too
                    waits_for = self._throw(error)
                else:
                    # Not send(): some servers' awaitables are iterators, not generators.
                    waits_for = next(self._steps)
        except StopIteration:
            return

    def _throw(self, error: BaseException) -> Any:
        if isinstance(self._steps, Generator):
            return self._steps.throw(error)
        raise error
