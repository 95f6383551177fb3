"""Running an awaitable as far as it goes without waiting.

Sending a frame seldom has to wait, and a task for each would cost more than the frame.
So the awaitable is run in place; what is left of one that stopped to wait can be awaited.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
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

    def __init__(self, steps: Generator[Any, Any, None], waits_for: Any) -> None:
        self._steps = steps
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        """Wait for what it waits for, and step on until it ends."""
        waits_for = self._waits_for
        while True:
            step: Callable[[], Any]
            try:
                value = yield waits_for
            except BaseException as error:  # noqa: BLE001 - handed on, cancellation too
                step = _bound(self._steps.throw, error)
            else:
                step = _bound(self._steps.send, value)
            try:
                waits_for = step()
            except StopIteration:
                return


def _bound(function: Callable[[Any], Any], argument: Any) -> Callable[[], Any]:
    return lambda: function(argument)
