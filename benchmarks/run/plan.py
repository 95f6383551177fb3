"""The order of a run's sessions: interleaved, so that drift affects all servers alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from benchmarks.run.profiles import Crowd, Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.base import Client, Server

CONTROL = "control"
"""The arm of the second starts of the baseline, compared with its first ones: an A/A test."""


@dataclass(frozen=True)
class SessionPlan:
    """One start of one server, and the scenarios that run on it.

    ``repeat`` is the round, counted from 1. ``blocks`` is the number of delivery windows.
    ``arm`` is CONTROL for a start that is used to compare the baseline with itself.
    ``crowd`` is set only if it differs from the profile's usual crowd.
    """

    number: int
    server: Server
    repeat: int
    scenarios: tuple[Scenario, ...]
    blocks: int = 0
    arm: str = ""
    crowd: Crowd | None = None

    @property
    def tls(self) -> bool:
        """Whether the server serves TLS."""
        return any(scenario.tls for scenario in self.scenarios)

    @property
    def needs_locust(self) -> bool:
        """Whether a scenario loads the server with Locust."""
        return any(scenario.needs_locust for scenario in self.scenarios)

    @property
    def client(self) -> Client:
        """The kind of client that the generator's users are."""
        return self.server.client if self.crowd else self.server.transport

    @property
    def processes(self) -> int:
        """The number of processes of the server, each on a port of its own."""
        return max(scenario.processes for scenario in self.scenarios)


def takes_part(server: Server, scenario: Scenario) -> bool:
    """Return whether a scenario can be run on a server.

    A scenario with a crowd of its own needs WebSockets. A scenario with several processes
    restarts them, so they have to drain.
    """
    if scenario.crowds and server.transport != "websocket":
        return False
    if scenario.processes > 1 and not all(part.drain_option for part in server.parts):
        return False
    return server.role in scenario.roles


def plan(
    profile: Profile,
    servers: Sequence[Server],
    scenarios: Sequence[Scenario],
    calibration: Server,
    baselines: Set[str] = frozenset(),
) -> list[SessionPlan]:
    """Return the sessions of a run that are known before it begins.

    ``baselines`` names the servers that are started twice in each round, for an A/A test.

    The calibration comes first, then the scenarios with TLS, then the rounds of servers in the
    order A B, B A, A B and so on. Scenarios with crowds of their own come last, one crowd after
    the other, in rounds of the same order.
    """
    usual = [one for one in scenarios if not one.crowds]
    once = _calibration(profile, scenarios, calibration)
    if over_tls := [one for one in usual if one.tls]:
        once += [(one, over_tls, None) for one in servers if takes_part(one, over_tls[0])]
    sessions = [
        SessionPlan(number, server, 1, tuple(chosen), crowd=crowd)
        for number, (server, chosen, crowd) in enumerate(once, start=1)
    ]
    repeated = [one for one in usual if not one.tls and not one.calibration]
    for repeat in range(1, profile.repeats + 1):
        sessions += _round(profile, servers, repeated, repeat, baselines, len(sessions) + 1)
    for one, crowd in _with_crowds(profile, scenarios):
        if one.calibration:
            continue
        taking_part = [server for server in servers if takes_part(server, one)]
        for server, repeat in _turns(taking_part, profile.repeats):
            sessions.append(SessionPlan(len(sessions) + 1, server, repeat, (one,), crowd=crowd))
    return sessions


def _with_crowds(profile: Profile, scenarios: Sequence[Scenario]) -> list[tuple[Scenario, Crowd]]:
    """Return the scenarios with crowds of their own, once for each crowd."""
    return [(one, crowd) for one in scenarios if one.crowds for crowd in one.crowds(profile)]


def _calibration(
    profile: Profile, scenarios: Sequence[Scenario], server: Server
) -> list[tuple[Server, Sequence[Scenario], Crowd | None]]:
    """Return the calibration sessions as server, scenarios and crowd."""
    usual = [one for one in scenarios if one.calibration and not one.crowds]
    found: list[tuple[Server, Sequence[Scenario], Crowd | None]] = []
    if usual:
        found.append((server, usual, None))
    own_crowds = _with_crowds(profile, scenarios)
    return found + [(server, [one], crowd) for one, crowd in own_crowds if one.calibration]


def plan_extra_round(
    needed: Sequence[tuple[Server, Set[str]]],
    scenarios: Sequence[Scenario],
    repeat: int,
    first_number: int,
    blocks: Mapping[str, int],
) -> list[SessionPlan]:
    """Return the sessions of a further round, for claims that are still open.

    ``needed`` has, for each server that an open claim is about, the names of the scenarios
    that decide the claim. ``blocks`` has the number of delivery windows of each server.
    """
    ordered = list(needed if repeat % 2 else reversed(needed))
    return [
        SessionPlan(
            first_number + index,
            server,
            repeat,
            tuple(one for one in scenarios if one.name in names),
            blocks=blocks[server.name],
        )
        for index, (server, names) in enumerate(ordered)
    ]


def _round(
    profile: Profile,
    servers: Sequence[Server],
    scenarios: Sequence[Scenario],
    repeat: int,
    baselines: Set[str],
    first_number: int,
) -> list[SessionPlan]:
    """Return one start of every server, and the second start of each baseline."""
    starts: list[tuple[Server, str]] = [(server, "") for server in servers]
    if profile.repeats > 1:
        starts += [(server, CONTROL) for server in servers if server.name in baselines]
    if repeat % 2 == 0:
        starts.reverse()
    sessions: list[SessionPlan] = []
    for server, arm in starts:
        may_search = not arm and (
            server.role == "judged" or (repeat == 1 and profile.compares_capacity)
        )
        chosen = [
            one for one in scenarios if takes_part(server, one) and (may_search or not one.is_long)
        ]
        if chosen:
            is_candidate = server.role == "judged" and server.name not in baselines
            blocks = profile.blocks if is_candidate else profile.comparison_blocks
            number = first_number + len(sessions)
            sessions.append(SessionPlan(number, server, repeat, tuple(chosen), blocks, arm))
    return sessions


def _turns(servers: Sequence[Server], repeats: int) -> Iterable[tuple[Server, int]]:
    """Yield each server with its repeat, in alternating order: A B, B A, A B and so on."""
    for repeat in range(1, repeats + 1):
        for server in servers if repeat % 2 else reversed(servers):
            yield server, repeat
