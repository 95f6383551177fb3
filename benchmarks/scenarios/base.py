"""What a scenario is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.stand import Stand


@dataclass(frozen=True)
class Scenario:
    """Something that is done to a running server and recorded.

    Scenarios of one session run in ``order``. One with ``tls`` runs in a session of its
    own against the server with TLS; one with ``calibration`` against the null server.
    Those ``beside`` are also done to servers that no claim is about, where time is short.
    """

    name: str
    summary: str
    order: int
    run: Callable[[Stand], Awaitable[None]]
    tls: bool = False
    calibration: bool = False
    beside: bool = False
