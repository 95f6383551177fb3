"""Rules that turn measured quantities into verdicts.

All functions are pure: they use no server and no file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from benchmarks.measure.intervals import REPORTED_LEVEL, SMALLEST_LEVEL, Quantity


class Verdict(StrEnum):
    """The result of a measurement for a claim."""

    REPRODUCED = "reproduced"
    EXCEEDED = "exceeded"
    PARTLY = "partly"
    NOT_REPRODUCED = "not reproduced"
    CONTRADICTED = "contradicted"
    AT_LIMIT = "at the limit"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class Outcome(StrEnum):
    """The result of one criterion of a claim."""

    EXCEEDED = "exceeded"
    MET = "met"
    AT_LIMIT = "at the limit"
    OPEN = "open"
    FALLS_SHORT = "falls short"
    MISSED = "missed"
    OPPOSITE = "opposite"


@dataclass(frozen=True)
class Criterion:
    """A threshold that a whole interval has to clear.

    Exactly one of ``at_most`` and ``at_least`` is set. ``zone`` is a range around the threshold:
    an interval inside it is close enough, and no more is measured to find out on which side of
    the threshold the value is. At the end of the run, the wider ``zone_at_end`` replaces it, if
    there is one. If ``later_than`` is set, the quantity is the share of deliveries, in percent,
    that take longer than this number of milliseconds.
    """

    of: str
    at_most: float | None = None
    at_least: float | None = None
    beyond: float | None = None
    zone: tuple[float, float] | None = None
    later_than: float | None = None
    zone_at_end: tuple[float, float] | None = None

    def at_end(self) -> Criterion:
        """Return the criterion that applies when nothing more will be measured."""
        return replace(self, zone=self.zone_at_end or self.zone)

    @property
    def bound(self) -> float:
        """The threshold."""
        bound = self.at_least if self.at_least is not None else self.at_most
        assert bound is not None, "a criterion has a threshold"
        return bound

    @property
    def sign(self) -> float:
        """1 if a larger value is better, -1 if a smaller value is better."""
        return 1.0 if self.at_least is not None else -1.0


@dataclass(frozen=True)
class JudgedCriterion:
    """A criterion and the quantity that it is applied to."""

    criterion: Criterion
    quantity: Quantity


PART = 0.5
"""Share of the claimed change that has to be reached to fall short of it rather than miss it."""


def outcome(criterion: Criterion, low: float, high: float) -> Outcome:
    """Return the outcome of a criterion for an interval.

    An interval that contains the threshold is at the limit if it lies inside the zone, and open
    otherwise. An interval on the wrong side of the threshold misses it. Changes are graded
    further: if the whole interval reaches at least half of the claimed change, it falls short;
    if the whole interval goes the other way, it is opposite. A threshold that tolerates a change
    to the worse (at most 10 % more) claims no change, so it can only be missed.
    """
    sign, bound = criterion.sign, criterion.bound
    # Multiply by the sign so that a larger value is always better.
    worst, best = sorted((sign * low, sign * high))
    if worst >= sign * bound:
        if criterion.beyond is not None and worst > sign * criterion.beyond:
            return Outcome.EXCEEDED
        return Outcome.MET
    if best >= sign * bound:
        zone = criterion.zone
        is_within = zone is not None and zone[0] <= low and high <= zone[1]
        return Outcome.AT_LIMIT if is_within else Outcome.OPEN
    if criterion.of != "change" or sign * bound < 0:
        return Outcome.MISSED
    if best < 0:
        return Outcome.OPPOSITE
    return Outcome.FALLS_SHORT if worst >= PART * sign * bound else Outcome.MISSED


def outcome_at(judged: JudgedCriterion, level: float) -> Outcome:
    """Return the outcome of a criterion for the interval at a significance level.

    Whether a criterion is met or exceeded is not a test of its own: it is read from the
    interval that the report shows. The level depends on the other claims of the run, and these
    must not change the word for the same interval.
    """
    at_level = outcome(judged.criterion, *judged.quantity.bounds(level))
    if at_level in {Outcome.MET, Outcome.EXCEEDED}:
        return outcome(judged.criterion, *judged.quantity.bounds(max(level, REPORTED_LEVEL)))
    return at_level


def p_value(judged: JudgedCriterion) -> float:
    """Return the smallest significance level at which a criterion is not open.

    Clearing the threshold is a two-sided test at the threshold. Being at the limit is two
    one-sided tests, one at each end of the zone; twice the larger p-value agrees with the
    interval.
    """
    criterion, quantity = judged.criterion, judged.quantity
    clear = quantity.p_value(criterion.bound)
    if criterion.zone is None or not criterion.zone[0] <= quantity.value <= criterion.zone[1]:
        return clear
    return min(clear, max(quantity.p_value(edge) for edge in criterion.zone))


def verdict(found: Sequence[tuple[str, Outcome]]) -> Verdict:
    """Return the verdict of a claim, from the ``of`` and the outcome of each criterion.

    An opposite criterion contradicts the claim, and one that falls short makes the verdict
    "partly", whatever the others show. Otherwise an open criterion makes the claim
    inconclusive. If a criterion is missed, the verdict is "partly" when another one is met, or
    when the change is at the limit, which is more than half of the claimed change.

    Criteria of the baseline are an exception, because the candidate contributes nothing to
    them: one that is met does not make a claim "partly" reproduced, and one that is open does
    not keep a claim open in which another criterion is missed.
    """
    outcomes = {result for _of, result in found}
    without_baseline = {result for of, result in found if of != "baseline"}
    if Outcome.OPPOSITE in outcomes:
        return Verdict.CONTRADICTED
    if Outcome.FALLS_SHORT in outcomes:
        return Verdict.PARTLY
    if Outcome.OPEN in without_baseline or (
        Outcome.OPEN in outcomes and Outcome.MISSED not in outcomes
    ):
        return Verdict.INCONCLUSIVE
    if Outcome.MISSED in outcomes:
        is_met = without_baseline & {Outcome.MET, Outcome.EXCEEDED}
        is_part = is_met or ("change", Outcome.AT_LIMIT) in found
        return Verdict.PARTLY if is_part else Verdict.NOT_REPRODUCED
    if Outcome.AT_LIMIT in outcomes:
        return Verdict.AT_LIMIT
    return Verdict.EXCEEDED if outcomes == {Outcome.EXCEEDED} else Verdict.REPRODUCED


def verdict_at(judged: Sequence[JudgedCriterion], level: float) -> Verdict:
    """Return the verdict of a claim at a significance level, inconclusive if it is open there."""
    return verdict([(each.criterion.of, outcome_at(each, level)) for each in judged])


def claim_p_value(judged: Sequence[JudgedCriterion]) -> float:
    """Return the smallest significance level at which a claim is not open.

    It is the largest of the p-values that the verdict needs. These are the p-values of the
    thresholds, of the ends of their zones, and, for a change, of no change and of half the
    claimed change.
    """
    for level in sorted({p for each in judged for p in _compute_p_values(each)}):
        # A p-value has only some correct digits: at exactly this level, the interval may still
        # touch the threshold.
        just_above = min(1.0, max(SMALLEST_LEVEL, level * 1.0001))
        if verdict_at(judged, just_above) is not Verdict.INCONCLUSIVE:
            return level
    return 1.0


def _compute_p_values(judged: JudgedCriterion) -> list[float]:
    """Return the significance levels at which the outcome of a criterion may change."""
    if judged.criterion.of != "change":
        return [p_value(judged)]
    thresholds = (0.0, PART * judged.criterion.bound)
    return [p_value(judged), *(judged.quantity.p_value(threshold) for threshold in thresholds)]


@dataclass(frozen=True)
class Holm:
    """The rank of a claim in Holm's correction over all claims that are judged for one server.

    ``level`` is the largest p-value with which the claim passes at this rank.
    """

    rank: int
    of: int
    level: float
    survives: bool


def holm(p_values: Sequence[float], level: float) -> list[Holm]:
    """Return Holm's correction for each p-value, in the given order.

    The smallest p-value must not be above level / m, the next one not above level / (m - 1),
    and so on. The first p-value that fails, and all larger ones, do not survive. Source: Holm,
    Scandinavian Journal of Statistics 6, 1979.
    """
    count = len(p_values)
    by_index: dict[int, Holm] = {}
    survives = True
    for rank, index in enumerate(sorted(range(count), key=lambda i: p_values[i]), start=1):
        own_level = level / (count - rank + 1)
        survives = survives and p_values[index] <= own_level
        by_index[index] = Holm(rank, count, own_level, survives)
    return [by_index[index] for index in range(count)]
