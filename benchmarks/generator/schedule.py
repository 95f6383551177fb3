"""The open-loop schedule of messages, which slow answers do not delay.

Send times are a Poisson process, because people act independently. Its rate is proportional to
the number of connected users. Each send time is drawn before it is due and never waits for the
server. If the event loop is late, the delay is measured as slip.
"""

from __future__ import annotations

import random
from collections.abc import Iterator


def poisson_ns(rate_per_second: float, start_ns: int, rng: random.Random) -> Iterator[int]:
    """Yield an infinite series of scheduled times, in nanoseconds.

    Raises:
        ValueError: the rate is not positive.
    """
    if rate_per_second <= 0:
        raise ValueError("a schedule needs a positive rate")
    due = float(start_ns)
    while True:
        due += rng.expovariate(rate_per_second) * 1e9
        yield round(due)
