"""Further rounds for the claims that are still open: planned looks, a bounded budget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.measure.claims_file import ClaimsFile
from benchmarks.measure.evidence import evidence_of
from benchmarks.measure.questions import Need, needs
from benchmarks.recording import Recording
from benchmarks.run.plan import SessionPlan, plan_extra_round
from benchmarks.run.profiles import Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.base import Server

WINDOWED = "delivery"
"""The scenario whose length a session plan gives, by its number of blocks."""

FORECAST_FROM = 3
"""The first round whose length is known beforehand. That of the second is not: the first search
for a server's capacity is longer than those after it, which begin near what it found."""


@dataclass
class Durations:
    """What the last session of each server took, in seconds: each scenario, and the rest."""

    block: float
    scenarios: dict[tuple[str, str], float] = field(default_factory=dict)
    rest: dict[str, float] = field(default_factory=dict)

    def add(self, session: SessionPlan, total: float, scenarios: Mapping[str, float]) -> None:
        """Record what a session took."""
        server = session.server.name
        self.rest[server] = total - sum(scenarios.values())
        for name, seconds in scenarios.items():
            windows = session.blocks * self.block if name == WINDOWED else 0.0
            self.scenarios[server, name] = seconds - windows

    def expected(self, sessions: Sequence[SessionPlan]) -> float:
        """Return what sessions will take, if each part of them takes as long as the last time."""
        return sum(self._expected(one) for one in sessions)

    def spare(
        self, session: SessionPlan, following: Sequence[SessionPlan], seconds_left: float
    ) -> float:
        """Return the seconds that will be left after the planned sessions, negative if none.

        Endless in the rounds that nothing is known about yet.
        """
        if session.repeat < FORECAST_FROM:
            return math.inf
        return seconds_left - self.expected([session, *following])

    def in_time(self, session: SessionPlan, spare: float, least: int) -> SessionPlan:
        """Return the session with fewer delivery windows, at least so many, if time is short."""
        if spare >= 0:
            return session
        fewer = max(least, session.blocks - math.ceil(-spare / self.block))
        return replace(session, blocks=min(session.blocks, fewer))

    def _expected(self, session: SessionPlan) -> float:
        server = session.server.name
        names = {scenario.name for scenario in session.scenarios}
        windows = session.blocks * self.block if WINDOWED in names else 0.0
        parts = (self.scenarios.get((server, name), 0.0) for name in names)
        return self.rest.get(server, 0.0) + windows + sum(parts)


@dataclass(frozen=True)
class Looks:
    """What is needed to decide, after a planned round, whether another one follows."""

    claims: ClaimsFile
    profile: Profile
    servers: Sequence[Server]
    scenarios: Sequence[Scenario]

    def further_round(
        self,
        recording: Recording,
        repeat: int,
        first_number: int,
        durations: Durations,
        seconds_left: float,
    ) -> list[SessionPlan]:
        """Return the sessions of the round after ``repeat``; none if nothing is open.

        There is none after the last planned look, and none before the first. What does not fit
        into the time that is left is not measured again, the least important first.
        """
        looks = self.claims.design.looks
        if repeat not in looks or repeat == looks[-1] or not self.profile.extra_blocks:
            return []
        names = [server.name for server in self.servers]
        found = needs(evidence_of(recording), self.claims, names, repeat)
        return self.fitting(found, repeat + 1, first_number, durations, seconds_left)

    def fitting(
        self,
        found: Sequence[Need],
        repeat: int,
        first_number: int,
        durations: Durations,
        seconds_left: float,
    ) -> list[SessionPlan]:
        """Return a round for as many needs as fit into the time, the first ones first.

        The first need about how late deliveries are has as many windows as fit, at most
        ``extra_blocks``; those after it share them.
        """
        known = {scenario.name for scenario in self.scenarios}
        chosen: list[SessionPlan] = []
        accepted: list[Need] = []
        windows = self.profile.extra_blocks
        for need in found:
            if need.scenario not in known:
                continue
            least = self.profile.comparison_blocks
            if any(one.is_about_time for one in accepted) or not need.is_about_time:
                least = windows
            for blocks in range(windows, least - 1, -1):
                sessions = self._sessions([*accepted, need], repeat, first_number, blocks)
                if durations.expected(sessions) <= seconds_left:
                    chosen, windows = sessions, blocks
                    accepted.append(need)
                    break
        return chosen

    def _sessions(
        self, wanted: Sequence[Need], repeat: int, first_number: int, blocks: int
    ) -> list[SessionPlan]:
        needed = [
            (server, {need.scenario for need in wanted if server.name in need.servers})
            for server in self.servers
        ]
        needed = [(server, found) for server, found in needed if found]
        longer = {need.way for need in wanted if need.is_about_time}
        of_servers = {
            server.name: blocks if server.name in longer else self.profile.comparison_blocks
            for server, _names in needed
        }
        return plan_extra_round(needed, self.scenarios, repeat, first_number, of_servers)
