"""Signals that ask us to end, so that what we started is ended first."""

from __future__ import annotations

import signal


class Asked(KeyboardInterrupt):
    """We were asked to end by a signal other than Ctrl-C's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def end_in_order() -> None:
    """Let SIGTERM, and the terminal's going away, end us as Ctrl-C does."""
    # A script's shell has its background jobs ignore SIGINT, and Python then leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means to outlive it
        signal.signal(signal.SIGHUP, _interrupt)


def exit_status(interrupt: KeyboardInterrupt) -> int:
    """Return what a shell reports of a command that a signal ended: 128 and its number."""
    number = interrupt.number if isinstance(interrupt, Asked) else signal.SIGINT
    return 128 + number


def _interrupt(number: int, _frame: object) -> None:
    raise Asked(number)
