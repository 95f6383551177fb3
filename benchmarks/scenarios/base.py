"""What a scenario is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from benchmarks.stand import Stand


@dataclass(frozen=True)
class Scenario:
    """Something that is done to a running server and recorded.

    Scenarios of one session run in ``order``. One with ``tls`` runs in a session of its
    own against the server with TLS; one with ``calibration`` against the null server; one
    with ``one_room`` in sessions of its own, everybody in the same room, against every
    server that has a socket. Those ``beside`` are also done to servers that no claim is
    about, where time is short. One that is not ``usual`` runs when asked for, or where the
    profile runs everything. ``calibrated_by`` names another that runs whenever this does.
    """

    name: str
    summary: str
    order: int
    run: Callable[[Stand], Awaitable[None]]
    tls: bool = False
    calibration: bool = False
    beside: bool = False
    one_room: bool = False
    usual: bool = True
    calibrated_by: str = ""
