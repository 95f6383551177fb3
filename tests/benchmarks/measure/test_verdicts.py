"""Test how intervals lead to outcomes, and outcomes to verdicts."""

from __future__ import annotations

import pytest

from benchmarks.measure.intervals import Mean, Quantity, mean, welch
from benchmarks.measure.verdicts import (
    Criterion,
    JudgedCriterion,
    Outcome,
    Verdict,
    claim_p_value,
    holm,
    outcome,
    outcome_at,
    p_value,
    verdict,
    verdict_at,
)

FALLS_BY_30 = Criterion("change", at_most=-30, beyond=-40, zone=(-35, -25))
RISES_BY_40 = Criterion("change", at_least=40, beyond=60, zone=(30, 50))
UNDER_100 = Criterion("candidate", at_most=100)
UNDER_1_PERCENT = Criterion("candidate", at_most=1, zone=(0.5, 2), zone_at_end=(0.25, 4))


@pytest.mark.parametrize(
    ("criterion", "low", "high", "expected"),
    [
        (FALLS_BY_30, -39, -31, Outcome.MET),
        (FALLS_BY_30, -50, -41, Outcome.EXCEEDED),
        (FALLS_BY_30, -45, -35, Outcome.MET),
        (FALLS_BY_30, -36, -25, Outcome.OPEN),
        (FALLS_BY_30, -34, -26, Outcome.AT_LIMIT),
        (FALLS_BY_30, -28, -16, Outcome.FALLS_SHORT),
        (FALLS_BY_30, -20, -10, Outcome.MISSED),
        (FALLS_BY_30, -5, 5, Outcome.MISSED),
        (FALLS_BY_30, 1, 9, Outcome.OPPOSITE),
        (RISES_BY_40, 41, 55, Outcome.MET),
        (RISES_BY_40, 61, 80, Outcome.EXCEEDED),
        (RISES_BY_40, 29, 50, Outcome.OPEN),
        (RISES_BY_40, 31, 49, Outcome.AT_LIMIT),
        (RISES_BY_40, 21, 39, Outcome.FALLS_SHORT),
        (RISES_BY_40, -5, 10, Outcome.MISSED),
        (RISES_BY_40, -50, -40, Outcome.OPPOSITE),
        (UNDER_100, 20, 99, Outcome.MET),
        (UNDER_100, 90, 110, Outcome.OPEN),
        (UNDER_100, 101, 140, Outcome.MISSED),
        (UNDER_1_PERCENT, 0, 0.9, Outcome.MET),
        (UNDER_1_PERCENT, 0.6, 1.8, Outcome.AT_LIMIT),
        (UNDER_1_PERCENT, 0.3, 1.8, Outcome.OPEN),
        (UNDER_1_PERCENT.at_end(), 0.3, 3.8, Outcome.AT_LIMIT),
        (UNDER_1_PERCENT, 1.1, 9, Outcome.MISSED),
    ],
)
def test_a_criterion_is_met_only_if_the_whole_interval_clears_it(
    criterion: Criterion, low: float, high: float, expected: Outcome
) -> None:
    assert outcome(criterion, low, high) is expected


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([Outcome.MET], Verdict.REPRODUCED),
        ([Outcome.MET, Outcome.EXCEEDED], Verdict.REPRODUCED),
        ([Outcome.EXCEEDED, Outcome.EXCEEDED], Verdict.EXCEEDED),
        ([Outcome.AT_LIMIT], Verdict.AT_LIMIT),
        ([Outcome.MET, Outcome.AT_LIMIT], Verdict.AT_LIMIT),
        ([Outcome.MISSED, Outcome.AT_LIMIT], Verdict.NOT_REPRODUCED),
        ([Outcome.OPEN], Verdict.INCONCLUSIVE),
        ([Outcome.MET, Outcome.OPEN], Verdict.INCONCLUSIVE),
        ([Outcome.AT_LIMIT, Outcome.OPEN], Verdict.INCONCLUSIVE),
        ([Outcome.OPEN, Outcome.MISSED], Verdict.INCONCLUSIVE),
        ([Outcome.MET, Outcome.MISSED], Verdict.PARTLY),
        ([Outcome.FALLS_SHORT], Verdict.PARTLY),
        ([Outcome.FALLS_SHORT, Outcome.OPEN], Verdict.PARTLY),
        ([Outcome.MISSED], Verdict.NOT_REPRODUCED),
        ([Outcome.MET, Outcome.OPPOSITE], Verdict.CONTRADICTED),
        ([Outcome.OPEN, Outcome.OPPOSITE], Verdict.CONTRADICTED),
    ],
)
def test_a_verdict_follows_from_all_criteria(outcomes: list[Outcome], expected: Verdict) -> None:
    assert verdict([("candidate", one) for one in outcomes]) is expected


@pytest.mark.parametrize(
    ("baseline", "candidate", "expected"),
    [
        (Outcome.MET, Outcome.MET, Verdict.REPRODUCED),
        (Outcome.MISSED, Outcome.MET, Verdict.PARTLY),
        (Outcome.MET, Outcome.MISSED, Verdict.NOT_REPRODUCED),
        (Outcome.OPEN, Outcome.MISSED, Verdict.NOT_REPRODUCED),
        (Outcome.OPEN, Outcome.MET, Verdict.INCONCLUSIVE),
        (Outcome.MISSED, Outcome.OPEN, Verdict.INCONCLUSIVE),
        (Outcome.MISSED, Outcome.AT_LIMIT, Verdict.NOT_REPRODUCED),
    ],
)
def test_a_criterion_met_only_by_the_baseline_is_no_gain_of_the_candidate(
    baseline: Outcome, candidate: Outcome, expected: Verdict
) -> None:
    assert verdict([("baseline", baseline), ("candidate", candidate)]) is expected


def test_a_change_at_the_limit_counts_as_part_of_the_claim() -> None:
    at_limit, missed = ("change", Outcome.AT_LIMIT), ("candidate", Outcome.MISSED)
    assert verdict([at_limit, missed]) is Verdict.PARTLY
    assert verdict([("change", Outcome.MISSED), missed]) is Verdict.NOT_REPRODUCED
    assert verdict([at_limit, ("candidate", Outcome.MET)]) is Verdict.AT_LIMIT


def change(value: float, error: float) -> Quantity:
    centre = mean([1 + value / 100]).centre
    return Mean(centre, error, 4, is_change=True)


@pytest.mark.parametrize("value", [-60, -36, -32, -30.2, -28, -24, -10, 5])
@pytest.mark.parametrize("error", [0.001, 0.01, 0.05])
def test_a_criterion_is_open_exactly_up_to_its_p_value(value: float, error: float) -> None:
    judged = JudgedCriterion(FALLS_BY_30, change(value, error))
    p = p_value(judged)
    assert outcome_at(judged, p * 0.99) is Outcome.OPEN
    assert p == 1 or outcome_at(judged, p * 1.01) is not Outcome.OPEN


def test_a_claim_is_as_uncertain_as_the_criterion_that_its_verdict_needs() -> None:
    sure, unsure = (
        JudgedCriterion(FALLS_BY_30, change(-60, 0.01)),
        JudgedCriterion(RISES_BY_40, change(45, 0.05)),
    )
    p = claim_p_value([sure, unsure])
    assert p == p_value(unsure) > p_value(sure)
    assert verdict_at([sure, unsure], p * 1.01) is not Verdict.INCONCLUSIVE
    assert verdict_at([sure, unsure], p * 0.99) is Verdict.INCONCLUSIVE
    opposite = JudgedCriterion(FALLS_BY_30, change(50, 0.01))
    assert claim_p_value([opposite, unsure]) < p


@pytest.mark.parametrize(
    ("criterion", "expected"),
    [
        (Criterion("change", at_most=-99.99), Verdict.PARTLY),
        (Criterion("change", at_most=-60), Verdict.REPRODUCED),
        (Criterion("change", at_most=1000), Verdict.REPRODUCED),
        (Criterion("change", at_least=60), Verdict.CONTRADICTED),
        (Criterion("candidate", at_most=0.001), Verdict.NOT_REPRODUCED),
        (Criterion("candidate", at_most=1e9), Verdict.REPRODUCED),
        (Criterion("candidate", at_least=1e9), Verdict.NOT_REPRODUCED),
        # A tolerance that is exceeded: the change does not go the other way.
        (Criterion("change", at_least=-30), Verdict.NOT_REPRODUCED),
        (Criterion("change", at_least=-70), Verdict.REPRODUCED),
    ],
)
def test_impossible_trivial_and_inverted_thresholds_change_the_verdict(
    criterion: Criterion, expected: Verdict
) -> None:
    new = mean([35, 36, 34])
    seen = welch(mean([100, 101, 99]), new) if criterion.of == "change" else new
    assert verdict_at([JudgedCriterion(criterion, seen)], 0.01) is expected


def test_holm_is_stricter_the_more_claims_there_are() -> None:
    found = holm([0.03, 0.001, 0.02, 0.6], 0.05)
    assert [one.rank for one in found] == [3, 1, 2, 4]
    assert [one.level for one in found] == pytest.approx([0.025, 0.0125, 0.05 / 3, 0.05])
    # 0.02 is not below 0.0167, so this claim and all with a larger p-value are not settled.
    assert [one.survives for one in found] == [False, True, False, False]
    assert [one.survives for one in holm([0.03], 0.05)] == [True]
    assert holm([], 0.05) == []


def test_the_outcome_of_a_settled_criterion_does_not_depend_on_the_level() -> None:
    judged = JudgedCriterion(FALLS_BY_30, change(-50, 0.05))
    _low, high = judged.quantity.bounds(0.005)
    assert -40 < high < -30, "at a strict level it is met and not exceeded"
    assert {outcome_at(judged, level) for level in (0.05, 0.02, 0.005)} == {Outcome.EXCEEDED}
    assert outcome_at(judged, 0.0001) is Outcome.OPEN
