"""Find what a run still has to measure: the claims that are open after a round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.measure.claims import Assessment, assess, correct_with_holm
from benchmarks.measure.claims_file import ClaimsFile
from benchmarks.measure.metrics import METRICS, Evidence
from benchmarks.measure.verdicts import Holm, p_value, verdict_at


@dataclass(frozen=True)
class OpenMeasurement:
    """A scenario to measure again on some servers, for a claim that is open for one server.

    ``way`` is the server that the claim is open for. ``decides`` says whether its answer
    decides the claim, because it is the claim's candidate. ``is_about_time`` says whether the
    claim is about how late deliveries are: that needs more windows than the question how much
    one start uses.
    """

    claim: str
    way: str
    scenario: str
    servers: frozenset[str]
    decides: bool
    is_about_time: bool


def find_open_measurements(
    evidence: Evidence, file: ClaimsFile, ways: Sequence[str], round_number: int
) -> list[OpenMeasurement]:
    """Return what has to be measured again, the most important first.

    A claim is settled for a server if it survives Holm's correction at the nominal level of
    this round, and its verdict is the same without the correction. No claim is settled before
    the first interim analysis. Probes are not repeated. If only the candidate's own value is
    open, the baseline is not measured again.
    """
    level = file.design.nominal_level(round_number)
    found = [
        OpenMeasurement(
            assessment.claim.id,
            server,
            assessment.claim.rests_on,
            frozenset(_find_involved(assessment, level)),
            server == assessment.claim.candidate,
            METRICS[assessment.claim.metric].kind.has_times,
        )
        for server in ways
        for assessment in _find_open(evidence, file, server, round_number)
    ]
    # The sort is stable: needs of the same importance stay in the order of the claims.
    return sorted(found, key=lambda need: not need.decides)


def _find_open(
    evidence: Evidence, file: ClaimsFile, server: str, round_number: int
) -> Iterable[Assessment]:
    design = file.design
    at_end = round_number >= design.looks[-1]
    assessed = [
        assess(claim, server, evidence, design.least_starts, at_end=at_end)
        for claim in file.claims
        if not claim.is_answer and server != claim.baseline
    ]
    if round_number < design.looks[0]:
        return assessed
    level = design.nominal_level(round_number)
    placed = correct_with_holm(assessed, level)
    return [each for each in assessed if not _is_settled(each, placed.get(each.claim.id), level)]


def _is_settled(assessment: Assessment, place: Holm | None, level: float) -> bool:
    """Return whether a claim survives Holm's correction with the same verdict as without it.

    If only the stricter level of the correction changes the verdict (for example to reproduced
    instead of exceeded), more windows would change it back.
    """
    if place is None or not place.survives:
        return False
    return verdict_at(assessment.judged, place.level) is verdict_at(assessment.judged, level)


def _find_involved(assessment: Assessment, level: float) -> set[str]:
    """Return the servers of which more windows can settle a claim."""
    sides = {
        "change": {assessment.claim.baseline, assessment.server},
        "baseline": {assessment.claim.baseline},
        "candidate": {assessment.server},
    }
    if assessment.problem:
        return sides["change"]
    open_criteria = [judged for judged in assessment.judged if p_value(judged) > level]
    # If only Holm's correction leaves the claim open, the criterion with the largest p-value is
    # the reason.
    least_certain = max(assessment.judged, key=p_value)
    return set().union(*(sides[judged.criterion.of] for judged in open_criteria or [least_certain]))
