"""Order of a conversation's events, as they arrive from several processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reference_app.chat.outlets import Encoded

HOLD = 0.05
"""Seconds that an event waits for the one before it, which another process publishes."""

Place = tuple[int, int]
"""An event's epoch and seq: its position in its conversation."""

NOWHERE: Place = (0, 0)


class Order:
    """The events of one conversation, in order: what comes too early waits a moment.

    Processes publish after they commit, so two events may overtake each other. Were they
    passed on like that, every client would take it for a loss and ask ``sync``.
    """

    def __init__(self, deliver: Callable[[Place, Encoded], None]) -> None:
        self._deliver = deliver
        self._epoch = 0
        self._first = 0
        self._last = 0
        self._early: dict[int, Encoded] = {}
        self._timer: asyncio.TimerHandle | None = None

    def arrived(self, epoch: int, seq: int, frame: Encoded) -> None:
        """Deliver an event now, hold it back, or drop it because it was delivered."""
        if epoch < self._epoch:
            return  # of a history that has been thrown away since
        if epoch > self._epoch:
            self.start_again()
            self._epoch, self._first, self._last = epoch, seq, seq - 1
        if seq == self._last + 1:
            self._advance(seq, frame)
            self._release()
        elif seq > self._last:
            self._early[seq] = frame
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(HOLD, self._give_up)
        elif seq < self._first:
            # Overtaken by what we took for the first: not delivered by us, and late.
            self._deliver((epoch, seq), frame)

    def starts_after(self, epoch: int, seq: int) -> None:
        """Learn where the conversation stood when we began to listen, if nothing has come yet.

        What is older is dropped: a member gets it by their ``sync``, which comes later.
        """
        if not self._epoch:
            self._epoch, self._last = epoch, seq

    def is_before(self, place: Place) -> bool:
        """Whether a place is still to be reached by what is delivered."""
        return (self._epoch, self._last) < place

    def start_again(self) -> None:
        """Forget: what comes next is the first."""
        self._give_up()
        self._epoch = self._first = self._last = 0

    def _advance(self, seq: int, frame: Encoded) -> None:
        self._last = seq
        self._deliver((self._epoch, seq), frame)

    def _release(self) -> None:
        """Deliver what followed on what has just arrived."""
        while self._early and (frame := self._early.pop(self._last + 1, None)):
            self._advance(self._last + 1, frame)
        if not self._early and self._timer:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        """Deliver what waited; the clients will see the gap and ask for what is missing."""
        early, self._early = self._early, {}
        for seq in sorted(early):
            self._advance(seq, early[seq])
        if self._timer:
            self._timer.cancel()
            self._timer = None
