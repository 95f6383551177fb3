from __future__ import annotations

import pytest

from benchmarks.measure.statistics import Estimate
from benchmarks.measure.verdicts import Criterion, Outcome, Verdict, outcome, verdict

FALLS_BY_30 = Criterion("change", at_most=-30, beyond=-40)
RISES_BY_40 = Criterion("change", at_least=40, beyond=60)
UNDER_100 = Criterion("candidate", at_most=100)


@pytest.mark.parametrize(
    ("criterion", "low", "high", "expected"),
    [
        (FALLS_BY_30, -39, -31, Outcome.MET),
        (FALLS_BY_30, -50, -41, Outcome.EXCEEDED),
        (FALLS_BY_30, -45, -35, Outcome.MET),
        (FALLS_BY_30, -35, -25, Outcome.OPEN),
        (FALLS_BY_30, -28, -16, Outcome.FALLS_SHORT),
        (FALLS_BY_30, -20, -10, Outcome.MISSED),
        (FALLS_BY_30, -5, 5, Outcome.MISSED),
        (FALLS_BY_30, 1, 9, Outcome.OPPOSITE),
        (RISES_BY_40, 41, 55, Outcome.MET),
        (RISES_BY_40, 61, 80, Outcome.EXCEEDED),
        (RISES_BY_40, 30, 50, Outcome.OPEN),
        (RISES_BY_40, 21, 39, Outcome.FALLS_SHORT),
        (RISES_BY_40, -5, 10, Outcome.MISSED),
        (RISES_BY_40, -50, -40, Outcome.OPPOSITE),
        (UNDER_100, 20, 99, Outcome.MET),
        (UNDER_100, 90, 110, Outcome.OPEN),
        (UNDER_100, 101, 140, Outcome.MISSED),
    ],
)
def test_a_criterion_is_met_only_if_the_whole_interval_clears_it(
    criterion: Criterion, low: float, high: float, expected: Outcome
) -> None:
    assert outcome(criterion, Estimate((low + high) / 2, low, high)) is expected


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([Outcome.MET], Verdict.REPRODUCED),
        ([Outcome.MET, Outcome.EXCEEDED], Verdict.REPRODUCED),
        ([Outcome.EXCEEDED, Outcome.EXCEEDED], Verdict.EXCEEDED),
        ([Outcome.OPEN], Verdict.INCONCLUSIVE),
        ([Outcome.MET, Outcome.OPEN], Verdict.INCONCLUSIVE),
        ([Outcome.MET, Outcome.MISSED], Verdict.PARTLY),
        ([Outcome.OPEN, Outcome.MISSED], Verdict.NOT_REPRODUCED),
        ([Outcome.FALLS_SHORT], Verdict.PARTLY),
        ([Outcome.MISSED], Verdict.NOT_REPRODUCED),
        ([Outcome.MET, Outcome.OPPOSITE], Verdict.CONTRADICTED),
    ],
)
def test_a_verdict_follows_from_all_criteria(outcomes: list[Outcome], expected: Verdict) -> None:
    assert verdict(outcomes) is expected
