"""Judge each claim for each server, from the evidence of a benchmark."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from benchmarks.measure.claims_file import Claim, ClaimsFile
from benchmarks.measure.control import distance, downgrades
from benchmarks.measure.intervals import REPORTED_LEVEL, Quantity
from benchmarks.measure.metrics import CONTROL, NOTHING, Evidence, samples
from benchmarks.measure.samples import Answers, Bound, Samples, bound_of_change, starts_of
from benchmarks.measure.statistics import Estimate
from benchmarks.measure.verdicts import (
    Criterion,
    Holm,
    JudgedCriterion,
    Outcome,
    Verdict,
    claim_p_value,
    holm,
    outcome_at,
    p_value,
    verdict_at,
)


@dataclass(frozen=True)
class CriterionResult:
    """A criterion with its outcome, and the value and 95 % interval of its quantity.

    ``level`` is the significance level at which it is judged. ``needed`` is the interval at
    that level if the criterion is open there, otherwise None.
    """

    criterion: Criterion
    seen: Estimate
    outcome: Outcome
    p_value: float
    level: float
    needed: Estimate | None = None


@dataclass(frozen=True)
class Answer:
    """The result of a claim for one server.

    The verdict is None for the baseline, which only has a value. ``settled`` says whether the
    evidence is enough; a claim that is not settled at the end of the run is inconclusive.
    ``bound`` and ``change_bound`` are "at least" or "at most" if the value or the change is only
    a bound.
    """

    server: str
    role: str
    verdict: Verdict | None
    why: str
    settled: bool = True
    value: Estimate | None = None
    bound: Bound = ""
    change: Estimate | None = None
    change_bound: Bound = ""
    starts: int = 0
    windows: int = 0
    left_out: tuple[str, ...] = ()
    criteria: tuple[CriterionResult, ...] = ()
    p_value: float | None = None
    holm: Holm | None = None
    downgraded: bool = False


@dataclass(frozen=True)
class Judgement:
    """A claim with an answer for each server; the candidate's answer decides the claim.

    ``control`` is the change from the baseline to itself, if it was measured.
    """

    claim: Claim
    answers: tuple[Answer, ...]
    control: Estimate | None = None

    @property
    def baseline(self) -> Answer:
        """The answer for the claim's baseline."""
        return self.of(self.claim.baseline)

    @property
    def candidate(self) -> Answer:
        """The answer for the claim's candidate."""
        return self.of(self.claim.candidate)

    @property
    def verdict(self) -> Verdict:
        """The verdict of the claim."""
        verdict = self.candidate.verdict
        assert verdict is not None, "a candidate is judged"
        return verdict

    def of(self, server: str) -> Answer:
        """Return the answer for one server."""
        return next(answer for answer in self.answers if answer.server == server)


@dataclass(frozen=True)
class Assessment:
    """The samples and the criteria by which a claim is judged for one server.

    ``old`` are the samples of the baseline, ``new`` those of the server, and ``others`` those
    of all other servers.
    """

    claim: Claim
    server: str
    old: Samples
    new: Samples
    others: tuple[Samples, ...] = ()
    judged: tuple[JudgedCriterion, ...] = ()
    problem: Verdict | None = None
    why: str = ""

    @property
    def change(self) -> Quantity:
        """The change from the baseline to the server, in percent."""
        return self.new.change_from(self.old, self.claim.statistic, self.others)

    @property
    def p_value(self) -> float:
        """The smallest significance level at which the claim is not open."""
        return claim_p_value(self.judged)


def judge(file: ClaimsFile, evidence: Evidence, round_number: int = 0) -> list[Judgement]:
    """Return the judgement of every claim after a round, by default after the last one.

    Claims that are still open are inconclusive.
    """
    level = file.design.nominal_level(round_number or last_round(evidence))
    least_starts = file.design.least_starts
    answers: dict[str, list[Answer]] = {
        claim.id: [_answer_for_baseline(claim, evidence)] for claim in file.claims
    }
    controls = {claim.id: _compute_control(claim, evidence) for claim in file.claims}
    for server in _list_servers(file, evidence):
        claims = [claim for claim in file.claims if _is_answered(claim, server, evidence)]
        assessed = [assess(claim, server, evidence, least_starts, at_end=True) for claim in claims]
        placed = correct_with_holm(assessed, level)
        for assessment in assessed:
            claim_id = assessment.claim.id
            answer = _make_answer(assessment, placed.get(claim_id), level)
            answers[claim_id].append(_apply_control(assessment, answer, controls[claim_id]))
    return [Judgement(claim, tuple(answers[claim.id]), controls[claim.id]) for claim in file.claims]


def last_round(evidence: Evidence) -> int:
    """Return the number of the last round in which something was measured."""
    return max((run.repeat for run in evidence.runs), default=1)


def correct_with_holm(assessed: Iterable[Assessment], level: float) -> dict[str, Holm]:
    """Return the result of Holm's correction, by claim id, for the claims with a p-value."""
    tested = [each for each in assessed if each.judged and each.problem is None]
    corrected = holm([each.p_value for each in tested], level)
    return {each.claim.id: place for each, place in zip(tested, corrected, strict=True)}


def assess(
    claim: Claim, server: str, evidence: Evidence, least_starts: int, *, at_end: bool
) -> Assessment:
    """Return the samples and criteria by which a claim is judged for one server.

    ``at_end`` says that nothing more will be measured.
    """
    criteria = [each.at_end() if at_end else each for each in claim.criteria]
    old = samples(evidence, claim.metric, claim.baseline)
    new = samples(evidence, claim.metric, server)
    assessment = Assessment(claim, server, old, new, _find_other_samples(claim, server, evidence))
    for name, side in ((claim.baseline, old), (server, new)):
        if not side.starts:
            why = _explain_missing(name, side)
            return replace(assessment, problem=_judge_missing(side), why=why)
    if claim.is_answer:
        return assessment
    judged = tuple(JudgedCriterion(each, _compute_quantity(assessment, each)) for each in criteria)
    assessment = replace(assessment, judged=judged)
    if why := old.too_few(least_starts) or new.too_few(least_starts):
        return replace(assessment, problem=Verdict.INCONCLUSIVE, why=why)
    return assessment


def _find_other_samples(claim: Claim, server: str, evidence: Evidence) -> tuple[Samples, ...]:
    """Return the samples of the servers that are neither the claim's baseline nor this one."""
    names = {run.server for run in evidence.runs} - {claim.baseline, server}
    return tuple(samples(evidence, claim.metric, name) for name in sorted(names))


def _compute_quantity(assessment: Assessment, criterion: Criterion) -> Quantity:
    if criterion.of == "change":
        return assessment.change
    side = assessment.old if criterion.of == "baseline" else assessment.new
    if criterion.later_than is not None:
        return side.later_than(criterion.later_than)
    return side.quantity(assessment.claim.statistic)


def _list_servers(file: ClaimsFile, evidence: Evidence) -> list[str]:
    """Return every server for which some claim is answered."""
    measured = {run.server for run in evidence.runs} | set(evidence.probes["server"])
    candidates = [claim.candidate for claim in file.claims]
    return list(dict.fromkeys([*candidates, *(way for way in file.ways if way in measured)]))


def _is_answered(claim: Claim, server: str, evidence: Evidence) -> bool:
    """Return whether a claim is answered for a server: always for its candidate."""
    return server != claim.baseline and (
        server == claim.candidate or _was_measured(samples(evidence, claim.metric, server))
    )


def _was_measured(side: Samples) -> bool:
    return bool(side.starts or side.left_out)


def _judge_missing(side: Samples) -> Verdict:
    """Return the verdict for a server without samples: invalid if the instrument failed."""
    failed = [reason for reason in side.left_out if not reason.endswith(NOTHING)]
    return Verdict.INVALID if failed else Verdict.INCONCLUSIVE


def _explain_missing(server: str, side: Samples) -> str:
    return f"No window of {server} counts: {'; '.join(side.left_out) or 'it was not measured'}."


def _answer_for_baseline(claim: Claim, evidence: Evidence) -> Answer:
    side = samples(evidence, claim.metric, claim.baseline)
    return replace(
        _describe(claim, claim.baseline, side),
        role="baseline",
        why="" if side.starts else _explain_missing(claim.baseline, side),
    )


def _describe(claim: Claim, server: str, side: Samples) -> Answer:
    """Return an answer that has a server's value, and no verdict yet."""
    return Answer(
        server=server,
        role="candidate" if server == claim.candidate else "comparison",
        verdict=None,
        why="",
        value=_estimate_value(claim, side) if side.starts else None,
        bound=side.bound if side.starts else "",
        starts=len(set(side.starts)),
        windows=len(side.starts),
        left_out=side.left_out,
    )


def _estimate_value(claim: Claim, side: Samples) -> Estimate:
    if isinstance(side, Answers):
        return Estimate(*(float(side.answers[0]),) * 3)
    return side.quantity(claim.statistic).reported()


def _make_answer(assessment: Assessment, place: Holm | None, level: float) -> Answer:
    claim = assessment.claim
    described = _describe(claim, assessment.server, assessment.new)
    if assessment.problem and not assessment.judged:
        return replace(described, verdict=assessment.problem, why=assessment.why, settled=False)
    if claim.is_answer:
        return _judge_offer(assessment, described)
    own_level = place.level if place else level
    decided = tuple(_decide(each, own_level) for each in assessment.judged)
    sentences = " ".join(
        _format_sentence(assessment, each, own_level) for each in assessment.judged
    )
    answer = replace(
        described,
        change=assessment.change.reported(),
        change_bound=bound_of_change(assessment.old.bound, assessment.new.bound),
        criteria=decided,
        p_value=assessment.p_value,
        holm=place,
    )
    if assessment.problem:
        why = f"{assessment.why} So far: {sentences}"
        return replace(answer, verdict=assessment.problem, why=why, settled=False)
    if place and not place.survives:
        why = f"Not settled{_explain_holm(assessment, place)}. {sentences}"
        return replace(answer, verdict=Verdict.INCONCLUSIVE, why=why, settled=False)
    return replace(answer, verdict=verdict_at(assessment.judged, own_level), why=sentences)


def _decide(judged: JudgedCriterion, level: float) -> CriterionResult:
    outcome, reported = outcome_at(judged, level), judged.quantity.reported()
    low, high = judged.quantity.bounds(level)
    needed = Estimate(reported.value, low, high) if outcome is Outcome.OPEN else None
    return CriterionResult(judged.criterion, reported, outcome, p_value(judged), level, needed)


def _explain_holm(assessment: Assessment, place: Holm) -> str:
    """Return why a claim does not survive Holm's correction, as the end of a sentence."""
    if assessment.p_value > place.level:
        return (
            f": p = {assessment.p_value:.2g}, needed is {place.level:.2g} "
            f"as number {place.rank} of {place.of} claims (Holm)"
        )
    return f": number {place.rank} of {place.of} claims (Holm), and one before it is not either"


def _judge_offer(assessment: Assessment, described: Answer) -> Answer:
    """Return the answer about a capability that a server offers or not.

    A probe only answers yes or no, so there is no interval.
    """
    assert isinstance(assessment.old, Answers)
    assert isinstance(assessment.new, Answers)
    before, after = set(assessment.old.answers), set(assessment.new.answers)
    server, baseline = assessment.server, assessment.claim.baseline
    if len(before) > 1 or len(after) > 1:
        verdict, why = Verdict.INCONCLUSIVE, "The probes of one server disagree."
    elif not after.pop():
        verdict, why = Verdict.NOT_REPRODUCED, f"{server} does not offer it."
    elif before.pop():
        verdict, why = Verdict.PARTLY, f"{server} offers it, but so does {baseline}."
    else:
        verdict, why = Verdict.REPRODUCED, f"{server} offers it, {baseline} does not."
    return replace(described, verdict=verdict, why=why)


def _compute_control(claim: Claim, evidence: Evidence) -> Estimate | None:
    """Return the change from the baseline to itself, if both of its arms were measured."""
    if claim.is_answer:
        return None
    sides = [samples(evidence, claim.metric, claim.baseline, arm) for arm in ("", CONTROL)]
    if starts_of(sides) == 0:
        return None
    others = _find_other_samples(claim, claim.baseline, evidence)
    change = sides[1].change_from(sides[0], claim.statistic, others).reported()
    return None if math.isnan(change.value) else change


def _apply_control(assessment: Assessment, answer: Answer, control: Estimate | None) -> Answer:
    """Return the answer, changed to inconclusive if the baseline differs too much from itself."""
    if control is None or not answer.settled or not answer.criteria:
        return answer
    sides: Mapping[str, Samples] = {"baseline": assessment.old}
    nearest = min(
        distance(judged, decided.outcome, sides.get(judged.criterion.of, assessment.new))
        for judged, decided in zip(assessment.judged, answer.criteria, strict=True)
    )
    if not downgrades(control, nearest):
        return answer
    why = (
        f"{assessment.claim.baseline} differs from itself by {control.value:.1f} % "
        f"[{control.low:.1f}, {control.high:.1f}] in this run, which is too much to judge this "
        f"by. Otherwise it would be {answer.verdict}: {answer.why}"
    )
    return replace(answer, verdict=Verdict.INCONCLUSIVE, why=why, downgraded=True)


def _format_sentence(assessment: Assessment, judged: JudgedCriterion, level: float) -> str:
    criterion = judged.criterion
    outcome = outcome_at(judged, level)
    # An open criterion is shown with the interval at the level that left it open: its 95 %
    # interval may clear the threshold.
    shown_level = level if outcome is Outcome.OPEN else REPORTED_LEVEL
    low, high = judged.quantity.bounds(shown_level)
    is_percent = criterion.of == "change" or criterion.later_than
    unit = "%" if is_percent else assessment.claim.unit
    subjects = {"change": "Change", "baseline": assessment.claim.baseline}
    subject = subjects.get(criterion.of, assessment.server)
    if criterion.later_than is not None:
        subject += f", later than {criterion.later_than:g} ms"
    relation = "at most" if criterion.at_most is not None else "at least"
    percent = "" if shown_level == REPORTED_LEVEL else f" at {100 * (1 - shown_level):.4g} %"
    side = f"{bound} " if (bound := _find_bound(assessment, criterion)) else ""
    return (
        f"{subject}: {side}{_format_number(judged.quantity.value)} {unit} "
        f"[{_format_number(low)}, {_format_number(high)}]{percent}, "
        f"claimed {relation} {criterion.bound:g} {unit}: {outcome}."
    )


def _find_bound(assessment: Assessment, criterion: Criterion) -> Bound:
    """Return which bound the value of a criterion is; empty if it is no bound."""
    if criterion.of == "change":
        return bound_of_change(assessment.old.bound, assessment.new.bound)
    if criterion.later_than is not None:
        return ""
    return (assessment.old if criterion.of == "baseline" else assessment.new).bound


def _format_number(value: float) -> str:
    if not math.isfinite(value):
        return "no value" if math.isnan(value) else "without end"
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{digits}f}"
