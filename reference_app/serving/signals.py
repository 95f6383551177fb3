"""Turn signals that end a process into exceptions, so that it can end its children first."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable


class Asked(KeyboardInterrupt):
    """A signal other than Ctrl-C's asked this process to end."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def until_asked_to_end(main: Callable[[], int]) -> int:
    """Run a command; return its exit status, or that of the signal that ended it.

    SIGTERM and SIGHUP (the terminal was closed) end it as Ctrl-C does.
    """
    # A shell script starts background jobs with SIGINT ignored, and Python does not change that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, _interrupt)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup: keep running
        signal.signal(signal.SIGHUP, _interrupt)
    try:
        return main()
    except KeyboardInterrupt as interrupt:
        print("\nfawran: stopped.", file=sys.stderr)
        number = interrupt.number if isinstance(interrupt, Asked) else signal.SIGINT
        return 128 + number  # as a shell reports a command that a signal ended


def _interrupt(number: int, _frame: object) -> None:
    raise Asked(number)
