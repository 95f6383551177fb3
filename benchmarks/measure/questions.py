"""What a run still has to measure: the claims that are open after a round."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.measure.claims import Assessment, assess, places
from benchmarks.measure.claims_file import ClaimsFile
from benchmarks.measure.metrics import METRICS, Evidence
from benchmarks.measure.verdicts import Holm, p_value, verdict_at


@dataclass(frozen=True)
class Need:
    """What has to be measured again for a claim that is open for a way of serving.

    That is a scenario, on each of some servers. ``decides`` says whether the claim is decided
    by it, and not only answered for another way of serving, ``is_about_time`` whether it asks
    how late deliveries are, which takes more windows than what one start uses.
    """

    claim: str
    way: str
    scenario: str
    servers: frozenset[str]
    decides: bool
    is_about_time: bool


def needs(
    evidence: Evidence, file: ClaimsFile, ways: Sequence[str], round_number: int
) -> list[Need]:
    """Return what the evidence does not settle yet, the most important first.

    A claim is settled for a server when it survives Holm's correction at the nominal level of
    the look that this round is, and has the verdict that it would have by itself. A round
    before the first look settles nothing. Probes are not asked for again. Where only the
    candidate's own value is open, its baseline is not measured again for it.
    """
    level = file.design.nominal_level(round_number)
    found = [
        Need(
            one.claim.id,
            server,
            one.claim.rests_on,
            frozenset(_involved(one, level)),
            server == one.claim.candidate,
            METRICS[one.claim.metric].kind.has_times,
        )
        for server in ways
        for one in _open(evidence, file, server, round_number)
    ]
    # In the order of the claims among equals: sorting keeps it.
    return sorted(found, key=lambda one: not one.decides)


def _open(
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
    placed = places(assessed, level)
    return [one for one in assessed if not _is_settled(one, placed.get(one.claim.id), level)]


def _is_settled(one: Assessment, place: Holm | None, level: float) -> bool:
    """Return whether a claim survives, and its verdict is the same without the family.

    Where the stricter level of the family alone makes it another one (reproduced in place of
    exceeded, say), more windows would change the word.
    """
    if place is None or not place.survives:
        return False
    return verdict_at(one.judged, place.level) is verdict_at(one.judged, level)


def _involved(one: Assessment, level: float) -> set[str]:
    """Return the servers whose further windows can settle a claim."""
    sides = {
        "change": {one.claim.baseline, one.server},
        "baseline": {one.claim.baseline},
        "candidate": {one.server},
    }
    if one.problem:
        return sides["change"]
    open_criteria = [judged for judged in one.judged if p_value(judged) > level]
    # Where the family alone leaves a claim open, the least certain criterion is what does it.
    least_certain = max(one.judged, key=p_value)
    return set().union(*(sides[judged.criterion.of] for judged in open_criteria or [least_certain]))
