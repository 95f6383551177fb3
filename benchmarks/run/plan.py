"""What is run in which order: sessions, interleaved so that drift hits both sides alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.run.profiles import Crowd, Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.base import Client, Server


@dataclass(frozen=True)
class SessionPlan:
    """One start of one server, and what is done to it.

    ``crowd`` is set where it is not the profile's usual one.
    """

    number: int
    server: Server
    repeat: int
    scenarios: tuple[Scenario, ...]
    crowd: Crowd | None = None

    @property
    def tls(self) -> bool:
        """Whether the server is to serve TLS."""
        return any(scenario.tls for scenario in self.scenarios)

    @property
    def client(self) -> Client:
        """What the generator's users are."""
        return self.server.client if self.crowd else self.server.transport

    @property
    def processes(self) -> int:
        """How many processes of the server there are, each on a port of its own."""
        return max(scenario.processes for scenario in self.scenarios)


def takes_part(server: Server, scenario: Scenario) -> bool:
    """Return whether a scenario says anything of a server.

    What has a crowd of its own is about sockets; what needs TLS answers a claim, or nothing.
    """
    if scenario.crowds and server.transport != "websocket":
        return False
    return server.role in scenario.roles and not (scenario.tls and server.role == "comparison")


def plan(
    profile: Profile,
    servers: Sequence[Server],
    scenarios: Sequence[Scenario],
    calibration: Server,
) -> list[SessionPlan]:
    """Return the sessions of a run.

    First calibration, then what needs TLS, then the repeats A B, B A, A B ...; last, in the
    same order, what has crowds of its own, crowd by crowd.
    """
    order: list[tuple[Server, int, Sequence[Scenario], Crowd | None]] = []
    usual = [one for one in scenarios if not one.crowds]
    if against_null := [one for one in usual if one.calibration]:
        order.append((calibration, 1, against_null, None))
    apart = [
        (one, crowd) for one in scenarios for crowd in (one.crowds(profile) if one.crowds else ())
    ]
    order += [(calibration, 1, [one], crowd) for one, crowd in apart if one.calibration]
    if over_tls := [one for one in usual if one.tls]:
        order += [(one, 1, over_tls, None) for one in servers if takes_part(one, over_tls[0])]
    repeated = [one for one in usual if not one.tls and not one.calibration]
    for server, repeat in _turns(servers, profile.repeats):
        if due := [one for one in repeated if _is_due(server, one, repeat, profile)]:
            order.append((server, repeat, due, None))
    for one, crowd in apart:
        if not one.calibration:
            taking_part = [server for server in servers if takes_part(server, one)]
            order += [(*turn, [one], crowd) for turn in _turns(taking_part, profile.repeats)]
    return [
        SessionPlan(number, server, repeat, tuple(scenarios), crowd)
        for number, (server, repeat, scenarios, crowd) in enumerate(order, start=1)
    ]


def _is_due(server: Server, scenario: Scenario, repeat: int, profile: Profile) -> bool:
    if server.role == "comparison" and not profile.everything:
        # They have no verdict to bear: every third repeat is enough where time is short.
        return scenario.comparison and repeat % 3 == 1
    return takes_part(server, scenario)


def _turns(servers: Sequence[Server], repeats: int) -> Iterable[tuple[Server, int]]:
    for repeat in range(1, repeats + 1):
        for server in servers if repeat % 2 else reversed(servers):
            yield server, repeat
