"""Further rounds for the claims that are still open: planned looks, a bounded budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.measure.claims_file import ClaimsFile
from benchmarks.measure.evidence import evidence_of
from benchmarks.measure.questions import measurements_needed
from benchmarks.recording import Recording
from benchmarks.run.plan import SessionPlan, plan_extra_round
from benchmarks.run.profiles import Profile
from benchmarks.scenarios.base import Scenario
from benchmarks.servers.base import Server


@dataclass(frozen=True)
class Looks:
    """What is needed to decide, after a planned round, whether another one follows."""

    claims: ClaimsFile
    profile: Profile
    servers: Sequence[Server]
    scenarios: Sequence[Scenario]

    def further_round(
        self, recording: Recording, repeat: int, first_number: int
    ) -> list[SessionPlan]:
        """Return the sessions of the round after ``repeat``; none if nothing is open.

        There is none after the last planned look, and none before the first.
        """
        looks = self.claims.design.looks
        if repeat not in looks or repeat == looks[-1] or not self.profile.extra_blocks:
            return []
        evidence = evidence_of(recording)
        names = [server.name for server in self.servers]
        open_by_server = measurements_needed(evidence, self.claims, names, repeat)
        needed = [
            (server, found)
            for server in self.servers
            if (found := open_by_server.get(server.name, set()) & self._repeatable(server))
        ]
        return plan_extra_round(self.profile, needed, self.scenarios, repeat + 1, first_number)

    def _repeatable(self, server: Server) -> set[str]:
        """Return the scenarios that are run again: long ones only where a claim is decided."""
        return {one.name for one in self.scenarios if server.role == "judged" or not one.is_long}
