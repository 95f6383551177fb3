"""Further rounds for claims that are still open: planned interim analyses, limited by a budget."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.measure.claims_file import ClaimsFile
from benchmarks.measure.evidence import evidence_of
from benchmarks.measure.questions import OpenMeasurement, find_open_measurements
from benchmarks.recording import Recording
from benchmarks.run.plan import SessionPlan, plan_extra_round
from benchmarks.run.profiles import Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.base import Server

WINDOWED = "delivery"
"""The scenario whose length depends on the session plan: on its number of blocks."""

FORECAST_FROM = 3
"""The first round whose length can be predicted. The length of the second cannot: the first
search for a server's capacity takes longer than later ones, which begin near its result."""


@dataclass
class Durations:
    """The seconds that the last session of each server took: each scenario, and the rest.

    ``block`` is the length of a delivery window. The windows are not part of ``scenarios``.
    """

    block: float
    scenarios: dict[tuple[str, str], float] = field(default_factory=dict)
    rest: dict[str, float] = field(default_factory=dict)

    def add(self, session: SessionPlan, total: float, scenarios: Mapping[str, float]) -> None:
        """Record the seconds that a session and its scenarios took."""
        server = session.server.name
        self.rest[server] = total - sum(scenarios.values())
        for name, seconds in scenarios.items():
            windows = session.blocks * self.block if name == WINDOWED else 0.0
            self.scenarios[server, name] = seconds - windows

    def expected(self, sessions: Sequence[SessionPlan]) -> float:
        """Return the seconds that sessions will take, if each part takes as long as last time."""
        return sum(self._expected(one) for one in sessions)

    def spare(
        self, session: SessionPlan, following: Sequence[SessionPlan], seconds_left: float
    ) -> float:
        """Return the seconds left after the planned sessions, negative if time is short.

        It is infinite in rounds before FORECAST_FROM.
        """
        if session.repeat < FORECAST_FROM:
            return math.inf
        return seconds_left - self.expected([session, *following])

    def in_time(self, session: SessionPlan, spare: float, least: int) -> SessionPlan:
        """Return the session with fewer delivery windows if time is short.

        ``spare`` is the result of the method ``spare``, ``least`` the fewest windows.
        """
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
    """The interim analyses of a run: each decides whether another round follows."""

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
        """Return the sessions of the round after ``repeat``; none if no claim is open.

        There are none unless an interim analysis is planned after ``repeat``, and none after
        the last planned one. If the time left does not suffice for everything, the least
        important measurements are left out.
        """
        looks = self.claims.design.looks
        if repeat not in looks or repeat == looks[-1] or not self.profile.extra_blocks:
            return []
        names = [server.name for server in self.servers]
        found = find_open_measurements(evidence_of(recording), self.claims, names, repeat)
        return self.fitting(found, repeat + 1, first_number, durations, seconds_left)

    def fitting(
        self,
        found: Sequence[OpenMeasurement],
        repeat: int,
        first_number: int,
        durations: Durations,
        seconds_left: float,
    ) -> list[SessionPlan]:
        """Return a round for as many needs as fit into the time, in their order.

        The first need about the time of deliveries gets as many windows as fit, at most
        ``extra_blocks``. Later needs use the same number of windows.
        """
        known = {scenario.name for scenario in self.scenarios}
        chosen: list[SessionPlan] = []
        accepted: list[OpenMeasurement] = []
        windows = self.profile.extra_blocks
        for need in found:
            if need.scenario not in known:
                continue
            fewest = self.profile.comparison_blocks
            if any(one.is_about_time for one in accepted) or not need.is_about_time:
                fewest = windows
            for blocks in range(windows, fewest - 1, -1):
                sessions = self._sessions([*accepted, need], repeat, first_number, blocks)
                if durations.expected(sessions) <= seconds_left:
                    chosen, windows = sessions, blocks
                    accepted.append(need)
                    break
        return chosen

    def _sessions(
        self, wanted: Sequence[OpenMeasurement], repeat: int, first_number: int, blocks: int
    ) -> list[SessionPlan]:
        """Return a round for the needs, with ``blocks`` windows where the time is the question."""
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
