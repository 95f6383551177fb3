"""Verdicts: pure rules from quantities to words. Nothing here knows a server or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from benchmarks.measure.intervals import REPORTED_LEVEL, SMALLEST_LEVEL, Quantity


class Verdict(StrEnum):
    """What a measurement says of a claim."""

    REPRODUCED = "reproduced"
    EXCEEDED = "exceeded"
    PARTLY = "partly"
    NOT_REPRODUCED = "not reproduced"
    CONTRADICTED = "contradicted"
    AT_LIMIT = "at the limit"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class Outcome(StrEnum):
    """How one criterion came out."""

    EXCEEDED = "exceeded"
    MET = "met"
    AT_LIMIT = "at the limit"
    OPEN = "open"
    FALLS_SHORT = "falls short"
    MISSED = "missed"
    OPPOSITE = "opposite"


@dataclass(frozen=True)
class Criterion:
    """A threshold that a whole interval has to clear; exactly one of the bounds is set.

    ``zone`` is so close around the threshold that no more is measured for one side of it. When
    the time is spent, the wider ``zone_at_end`` takes its place, if there is one. With
    ``later_than`` the quantity is the share, in percent, of deliveries that take longer than so
    many milliseconds.
    """

    of: str
    at_most: float | None = None
    at_least: float | None = None
    beyond: float | None = None
    zone: tuple[float, float] | None = None
    later_than: float | None = None
    zone_at_end: tuple[float, float] | None = None

    def at_end(self) -> Criterion:
        """Return the criterion as it is when no more will be measured."""
        return replace(self, zone=self.zone_at_end or self.zone)

    @property
    def bound(self) -> float:
        """The threshold."""
        bound = self.at_least if self.at_least is not None else self.at_most
        assert bound is not None, "a criterion has a threshold"
        return bound

    @property
    def sign(self) -> float:
        """1 if more is better, -1 if less is."""
        return 1.0 if self.at_least is not None else -1.0


@dataclass(frozen=True)
class Judged:
    """A criterion, and the quantity that it is about."""

    criterion: Criterion
    quantity: Quantity


PART = 0.5
"""The share of a claimed change from which on falling short is a part of it."""


def outcome(criterion: Criterion, low: float, high: float) -> Outcome:
    """Return how a criterion came out for an interval.

    A change that goes the claimed way, but not far enough, falls short of it; one of
    less than half the claimed size misses it; one that goes the other way, its whole
    interval, is opposite. An interval that does not clear the threshold, but lies within
    the zone around it, is at the limit.
    """
    sign, bound = criterion.sign, criterion.bound
    # Turned so that more is always better.
    worst, best = sorted((sign * low, sign * high))
    if worst >= sign * bound:
        if criterion.beyond is not None and worst > sign * criterion.beyond:
            return Outcome.EXCEEDED
        return Outcome.MET
    if best >= sign * bound:
        zone = criterion.zone
        within = zone is not None and zone[0] <= low and high <= zone[1]
        return Outcome.AT_LIMIT if within else Outcome.OPEN
    if criterion.of != "change":
        return Outcome.MISSED
    if best < 0:
        return Outcome.OPPOSITE
    return Outcome.FALLS_SHORT if worst >= PART * sign * bound else Outcome.MISSED


def outcome_at(judged: Judged, level: float) -> Outcome:
    """Return how a criterion comes out for the interval at a level.

    By how far a criterion is met is no decision of its own: it is read from the interval that
    the report shows. The level differs with the other claims of a run, which must not change
    the word for one and the same interval.
    """
    found = outcome(judged.criterion, *judged.quantity.bounds(level))
    if found in {Outcome.MET, Outcome.EXCEEDED}:
        return outcome(judged.criterion, *judged.quantity.bounds(max(level, REPORTED_LEVEL)))
    return found


def p_value(judged: Judged) -> float:
    """Return the level from which on a criterion is not open.

    Clearing the threshold is a two-sided test there. Being at the limit is two one-sided
    tests, one at each end of the zone; twice the larger p-value agrees with the interval.
    """
    criterion, quantity = judged.criterion, judged.quantity
    clear = quantity.p_value(criterion.bound)
    if criterion.zone is None or not criterion.zone[0] <= quantity.value <= criterion.zone[1]:
        return clear
    return min(clear, max(quantity.p_value(edge) for edge in criterion.zone))


def verdict(found: Sequence[tuple[str, Outcome]]) -> Verdict:
    """Return the verdict of a claim from what each of its criteria is of, and how it came out.

    A criterion that went the opposite way contradicts the claim, and one that falls short
    leaves a part of it, whatever the others say. Otherwise one that is open leaves the claim
    open. A change at the limit is more than a part of the claimed one. That the baseline is as
    bad as claimed is no part that a candidate brings: it turns no claim of which something is
    missed.
    """
    seen = {outcome for _of, outcome in found}
    brought = {outcome for of, outcome in found if of != "baseline"}
    if Outcome.OPPOSITE in seen:
        return Verdict.CONTRADICTED
    if Outcome.FALLS_SHORT in seen:
        return Verdict.PARTLY
    if Outcome.OPEN in brought or (Outcome.OPEN in seen and Outcome.MISSED not in seen):
        return Verdict.INCONCLUSIVE
    if Outcome.MISSED in seen:
        holds = brought & {Outcome.MET, Outcome.EXCEEDED}
        is_part = holds or ("change", Outcome.AT_LIMIT) in found
        return Verdict.PARTLY if is_part else Verdict.NOT_REPRODUCED
    if Outcome.AT_LIMIT in seen:
        return Verdict.AT_LIMIT
    return Verdict.EXCEEDED if seen == {Outcome.EXCEEDED} else Verdict.REPRODUCED


def verdict_at(judged: Sequence[Judged], level: float) -> Verdict:
    """Return the verdict of a claim at a level: inconclusive if it is still open there."""
    return verdict([(one.criterion.of, outcome_at(one, level)) for one in judged])


def claim_p_value(judged: Sequence[Judged]) -> float:
    """Return the smallest level at which a claim is not open.

    It is the largest p-value of those that the verdict needs: of the thresholds, the ends of
    their zones, and for a change no change at all and a part of the claimed one.
    """
    for level in sorted({p for one in judged for p in _p_values(one)}):
        # A p-value is found to some digits only: the interval may just touch the threshold.
        just_above = min(1.0, max(SMALLEST_LEVEL, level * 1.0001))
        if verdict_at(judged, just_above) is not Verdict.INCONCLUSIVE:
            return level
    return 1.0


def _p_values(judged: Judged) -> list[float]:
    """Return the levels at which the outcome of a criterion may change."""
    if judged.criterion.of != "change":
        return [p_value(judged)]
    turns = (0.0, PART * judged.criterion.bound)
    return [p_value(judged), *(judged.quantity.p_value(turn) for turn in turns)]


@dataclass(frozen=True)
class Holm:
    """The place of a claim among all that are judged of one way of serving.

    ``level`` is what its p-value has to keep to.
    """

    rank: int
    of: int
    level: float
    survives: bool


def holm(p_values: Sequence[float], level: float) -> list[Holm]:
    """Return the place of each p-value (Holm, Scandinavian Journal of Statistics 6, 1979).

    The smallest has to keep to level / m, the next to level / (m - 1), and so on; from the
    first that does not on, none survives.
    """
    count = len(p_values)
    placed: dict[int, Holm] = {}
    survives = True
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i]), start=1):
        own = level / (count - rank + 1)
        survives = survives and p_values[index] <= own
        placed[index] = Holm(rank, count, own, survives)
    return [placed[index] for index in range(count)]
