"""When messages are due: an open loop, which no slow answer delays.

Arrivals are a Poisson process (independent people), its rate proportional to the
number of users that are there. The schedule is drawn ahead of time and never waits
for the server; what a late event loop makes of it shows as slip.
"""

from __future__ import annotations

import random
from collections.abc import Iterator


def poisson_ns(rate_per_second: float, start_ns: int, rng: random.Random) -> Iterator[int]:
    """Yield due times in nanoseconds, without end.

    Raises:
        ValueError: the rate is not positive.
    """
    if rate_per_second <= 0:
        raise ValueError("a schedule needs a positive rate")
    due = float(start_ns)
    while True:
        due += rng.expovariate(rate_per_second) * 1e9
        yield round(due)
