"""Puts a conversation's events in order, as they arrive from several processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from reference_app.chat.fanout.send_buffers import EncodedFrame

HOLD_SECONDS = 0.05
"""Time that an event waits for the one before it, which another process publishes."""

Place = tuple[int, int]
"""An event's epoch and seq: its position in its conversation."""

NOWHERE: Place = (0, 0)


class Order:
    """Delivers the events of one conversation in order; one that arrives early waits a moment.

    Processes publish after they commit, so one event may overtake another. Delivered out of
    order, every client would take that for a loss and ask ``sync``.
    """

    def __init__(self, deliver: Callable[[Place, EncodedFrame], None]) -> None:
        self._deliver = deliver
        self._epoch = 0
        self._first = 0
        self._last = 0
        self._early: dict[int, EncodedFrame] = {}
        self._timer: asyncio.TimerHandle | None = None

    def arrived(self, epoch: int, seq: int, frame: EncodedFrame) -> None:
        """Deliver an event now, hold it back, or drop it because it was delivered."""
        if epoch < self._epoch:
            return  # of a history that a restore has replaced
        if epoch > self._epoch:
            self.start_again()
            self._epoch, self._first, self._last = epoch, seq, seq - 1
        if seq == self._last + 1:
            self._advance(seq, frame)
            self._release()
        elif seq > self._last:
            self._early[seq] = frame
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._give_up)
        elif seq < self._first:
            # Overtaken by the event that was taken for the first: late, and not delivered yet.
            self._deliver((epoch, seq), frame)

    def starts_after(self, epoch: int, seq: int) -> None:
        """Set the position after which events are delivered, if none has arrived yet.

        Older events are dropped: a member gets them by ``sync``, which it asks later.
        """
        if not self._epoch:
            self._epoch, self._last = epoch, seq

    def is_before(self, place: Place) -> bool:
        """Return whether a position has not been delivered yet."""
        return (self._epoch, self._last) < place

    def start_again(self) -> None:
        """Start again: the next event is the first."""
        self._give_up()
        self._epoch = self._first = self._last = 0

    def _advance(self, seq: int, frame: EncodedFrame) -> None:
        self._last = seq
        self._deliver((self._epoch, seq), frame)

    def _release(self) -> None:
        """Deliver the waiting events that follow the one that has just arrived."""
        while self._early and (frame := self._early.pop(self._last + 1, None)):
            self._advance(self._last + 1, frame)
        if not self._early and self._timer:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        """Deliver all waiting events; clients see the gap and ask ``sync``."""
        early, self._early = self._early, {}
        for seq in sorted(early):
            self._advance(seq, early[seq])
        if self._timer:
            self._timer.cancel()
            self._timer = None
