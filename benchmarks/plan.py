"""What is run in which order: sessions, interleaved so that drift hits both sides alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.profiles import Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.base import Client, Server


@dataclass(frozen=True)
class SessionPlan:
    """One start of one server, and what is done to it.

    ``sockets`` is how many are in the one room, or 0 for the profile's rooms.
    """

    number: int
    server: Server
    repeat: int
    scenarios: tuple[Scenario, ...]
    sockets: int = 0

    @property
    def tls(self) -> bool:
        """Whether the server is to serve TLS."""
        return any(scenario.tls for scenario in self.scenarios)

    @property
    def client(self) -> Client:
        """What the generator's users are."""
        return self.server.client if self.sockets else self.server.transport


def takes_part(server: Server, scenario: Scenario) -> bool:
    """Return whether a scenario says anything of a server.

    A fan-out needs a socket, and nothing else; all others need the application. What needs
    TLS answers a claim, or nothing.
    """
    if scenario.one_room:
        return server.transport == "websocket"
    return server.role == "judged" or (server.role == "beside" and not scenario.tls)


def plan(
    profile: Profile,
    servers: Sequence[Server],
    scenarios: Sequence[Scenario],
    calibration: Server,
) -> list[SessionPlan]:
    """Return the sessions of a run.

    First calibration, then what needs TLS, then the repeats A B, B A, A B ...; last, in the
    same order, what happens in one room, for each size of it.
    """
    order: list[tuple[Server, int, Sequence[Scenario], int]] = []
    usual = [one for one in scenarios if not one.one_room]
    apart = [one for one in scenarios if one.one_room]
    if against_null := [one for one in usual if one.calibration]:
        order.append((calibration, 1, against_null, 0))
    if calibrating := [one for one in apart if one.calibration]:
        order.append((calibration, 1, calibrating, min(profile.fanout_sockets)))
    if over_tls := [one for one in usual if one.tls]:
        order += [(one, 1, over_tls, 0) for one in servers if takes_part(one, over_tls[0])]
    repeated = [one for one in usual if not one.tls and not one.calibration]
    for server, repeat in _turns(servers, profile.repeats):
        if due := [one for one in repeated if _is_due(server, one, repeat, profile)]:
            order.append((server, repeat, due, 0))
    for one in apart:
        taking_part = [server for server in servers if takes_part(server, one)]
        for sockets in () if one.calibration else profile.fanout_sockets:
            order += [(*turn, [one], sockets) for turn in _turns(taking_part, profile.repeats)]
    return [
        SessionPlan(number, server, repeat, tuple(scenarios), sockets)
        for number, (server, repeat, scenarios, sockets) in enumerate(order, start=1)
    ]


def _is_due(server: Server, scenario: Scenario, repeat: int, profile: Profile) -> bool:
    if server.role == "beside" and not profile.everything:
        # They have no verdict to bear: every other repeat is enough where time is short.
        return scenario.beside and bool(repeat % 2)
    return takes_part(server, scenario)


def _turns(servers: Sequence[Server], repeats: int) -> Iterable[tuple[Server, int]]:
    for repeat in range(1, repeats + 1):
        for server in servers if repeat % 2 else reversed(servers):
            yield server, repeat
