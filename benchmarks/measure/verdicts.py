"""Verdicts: pure rules from estimates to words. Nothing here knows a server or a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from benchmarks.measure.statistics import Estimate


class Verdict(StrEnum):
    """What a measurement says of a claim."""

    REPRODUCED = "reproduced"
    EXCEEDED = "exceeded"
    PARTLY = "partly"
    NOT_REPRODUCED = "not reproduced"
    CONTRADICTED = "contradicted"
    INCONCLUSIVE = "inconclusive"
    INVALID = "invalid"


class Outcome(StrEnum):
    """How one criterion came out."""

    EXCEEDED = "exceeded"
    MET = "met"
    OPEN = "open"
    FALLS_SHORT = "falls short"
    MISSED = "missed"
    OPPOSITE = "opposite"


@dataclass(frozen=True)
class Criterion:
    """A threshold that a whole 95 % interval has to clear; exactly one of the bounds is set."""

    of: str
    at_most: float | None = None
    at_least: float | None = None
    beyond: float | None = None


PART = 0.5
"""The share of a claimed change from which on falling short is a part of it."""


def outcome(criterion: Criterion, seen: Estimate) -> Outcome:
    """Return how a criterion came out for an estimate.

    A change that goes the claimed way, but not far enough, falls short of it; one of
    less than half the claimed size misses it; one that goes the other way, its whole
    interval, is opposite.
    """
    sign = 1.0 if criterion.at_least is not None else -1.0
    bound = criterion.at_least if criterion.at_least is not None else criterion.at_most
    assert bound is not None, "a criterion has a threshold"
    # Turned so that more is always better.
    worst, best = sorted((sign * seen.low, sign * seen.high))
    if worst >= sign * bound:
        if criterion.beyond is not None and worst > sign * criterion.beyond:
            return Outcome.EXCEEDED
        return Outcome.MET
    if best >= sign * bound:
        return Outcome.OPEN
    if criterion.of != "change":
        return Outcome.MISSED
    if best < 0:
        return Outcome.OPPOSITE
    return Outcome.FALLS_SHORT if worst >= PART * sign * bound else Outcome.MISSED


def verdict(outcomes: Sequence[Outcome]) -> Verdict:
    """Return the verdict of a claim from how its criteria came out.

    A criterion that went the opposite way contradicts the claim. One that is open
    leaves it open, unless another is missed: then the claim cannot hold whole.
    """
    seen = set(outcomes)
    if Outcome.OPPOSITE in seen:
        return Verdict.CONTRADICTED
    good = seen & {Outcome.MET, Outcome.EXCEEDED}
    bad = seen & {Outcome.MISSED, Outcome.FALLS_SHORT}
    if not bad:
        if Outcome.OPEN in seen:
            return Verdict.INCONCLUSIVE
        return Verdict.EXCEEDED if seen == {Outcome.EXCEEDED} else Verdict.REPRODUCED
    if good or Outcome.FALLS_SHORT in seen:
        return Verdict.PARTLY
    return Verdict.NOT_REPRODUCED
