"""What is run in which order: sessions, interleaved so that drift hits both sides alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.profiles import Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.base import Server


@dataclass(frozen=True)
class SessionPlan:
    """One start of one server, and what is done to it."""

    number: int
    server: Server
    repeat: int
    scenarios: tuple[Scenario, ...]

    @property
    def tls(self) -> bool:
        """Whether the server is to serve TLS."""
        return any(scenario.tls for scenario in self.scenarios)


def plan(
    profile: Profile,
    servers: Sequence[Server],
    scenarios: Sequence[Scenario],
    calibration: Server,
) -> list[SessionPlan]:
    """Return the sessions of a run: calibration, what needs TLS, then A B, B A, A B ..."""
    order: list[tuple[Server, int, tuple[Scenario, ...]]] = []
    judged = tuple(one for one in scenarios if not one.tls and not one.calibration)
    over_tls = tuple(one for one in scenarios if one.tls)
    against_null = tuple(one for one in scenarios if one.calibration)
    if against_null:
        order.append((calibration, 1, against_null))
    if over_tls:
        order += [(server, 1, over_tls) for server in servers if not server.beside]
    beside = judged if profile.everything_beside else tuple(one for one in judged if one.beside)
    if judged:
        for repeat in range(1, profile.repeats + 1):
            # Those beside have no verdict to bear: every other repeat, where time is short.
            skipped = not (repeat % 2 or profile.everything_beside)
            turn = [one for one in servers if not (one.beside and skipped)]
            if not repeat % 2:
                turn.reverse()
            order += [(server, repeat, beside if server.beside else judged) for server in turn]
    return [
        SessionPlan(number, server, repeat, scenarios)
        for number, (server, repeat, scenarios) in enumerate(order, start=1)
    ]
