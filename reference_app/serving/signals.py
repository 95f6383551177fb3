"""Signals that ask us to end, so that what we started is ended first."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable


class Asked(KeyboardInterrupt):
    """We were asked to end by a signal other than Ctrl-C's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def until_asked_to_end(main: Callable[[], int]) -> int:
    """Run a command; return its exit status, or that of the signal that ended it.

    SIGTERM, and the terminal's going away, end it as Ctrl-C does.
    """
    # A script's shell has its background jobs ignore SIGINT, and Python then leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup means to outlive it
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        return main()
    except KeyboardInterrupt as interrupt:
        print("\nfawran: stopped.", file=sys.stderr)
        number = interrupt.number if isinstance(interrupt, Asked) else signal.SIGINT
        return 128 + number  # as a shell reports a command that a signal ended


def _interrupt(number: int, _frame: object) -> None:
    raise Asked(number)
