"""What a scenario is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from benchmarks.run.profiles import Crowd, Profile
from benchmarks.run.session import BenchSession
from benchmarks.servers.base import Role

WITH_APPLICATION: Collection[Role] = ("judged", "comparison")
TUNED: tuple[Role, ...] = ("comparison",)
WITH_A_SOCKET: Collection[Role] = ("judged", "comparison", "fanout", "bare")


@dataclass(frozen=True)
class Scenario:
    """Something that is done to a running server and recorded.

    Scenarios of one session run in ``order``. One with ``tls`` runs in a session of its
    own against the server with TLS; one with ``calibration`` against the null server; one
    with ``crowds`` in a session of its own for each of these crowds, against the servers
    of its ``roles`` that have a socket, ``processes`` of them. Locust is started before one that
    ``needs_locust``. One that ``is_long`` runs once on servers for comparison and never on the
    second starts of the baseline. ``when`` it runs
    without having been asked for: ``always``, or in the ``full`` profile, or not at all
    (``asked``). ``calibrated_by`` names another that runs whenever this does. One ``of_ours``
    inspects or starts the server's processes, so that it cannot run on a deployment
    (run/target.py).
    """

    name: str
    summary: str
    order: int
    run: Callable[[BenchSession], Awaitable[None]]
    tls: bool = False
    calibration: bool = False
    is_long: bool = False
    crowds: Callable[[Profile], Sequence[Crowd]] | None = None
    roles: Collection[Role] = WITH_APPLICATION
    processes: int = 1
    needs_locust: bool = False
    when: Literal["always", "full", "asked"] = "always"
    of_ours: bool = False
    calibrated_by: str = ""
