"""Running an awaitable as far as it goes without waiting.

Sending a frame seldom has to wait, and a task for each would cost more than the frame.
So the awaitable is run in place; what is left of one that stopped to wait can be awaited.
"""

from __future__ import annotations

from collections.abc import Awaitable, Generator, Iterator
from typing import Any


def run(awaitable: Awaitable[None]) -> Rest | None:
    """Run an awaitable until it ends, or has to wait; return what is left of it then."""
    steps = awaitable.__await__()
    try:
        return Rest(steps, next(steps))
    except StopIteration:
        return None


class Rest:
    """What is left of an awaitable that began to wait: awaiting it goes on from there.

    What an awaitable yields to its event loop is the future that it waits for, marked as
    being waited for; yielding it again later, from within a task, is all that is needed.
    """

    def __init__(self, steps: Iterator[Any], waits_for: Any) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        """Wait for what it waits for, and step on until it ends."""
        waits_for = self._waits_for
        try:
            while True:
                try:
                    yield waits_for
                except BaseException as error:  # noqa: BLE001 - handed on, cancellation too
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
