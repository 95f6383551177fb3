"""The definition of a scenario."""

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
    """A measurement of a running server.

    - ``order``: scenarios of one session run in this order.
    - ``tls``: it runs in a session of its own, against the server with TLS.
    - ``calibration``: it runs against the null server.
    - ``is_long``: on servers for comparison it runs at most once, and never on the second starts
      of the baseline.
    - ``crowds``: it runs in a session of its own for each of these crowds, against servers with
      WebSockets.
    - ``roles``: it runs only on servers with one of these roles.
    - ``processes``: the number of processes of the server.
    - ``needs_locust``: Locust is started before it.
    - ``when``: the runs that include it without naming it: all (``always``), those of the
      ``full`` profile, or none (``asked``).
    - ``needs_own_server``: it inspects or starts the server's processes, so that it cannot run on a
      deployment (run/target.py).
    - ``calibrated_by``: the name of a scenario that runs whenever this one runs.
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
    needs_own_server: bool = False
    calibrated_by: str = ""
