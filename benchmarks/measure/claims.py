"""What the evidence says of each claim, for each way of serving."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.measure.claims_file import Claim, ClaimsFile
from benchmarks.measure.control import distance, downgrades
from benchmarks.measure.intervals import REPORTED_LEVEL, Quantity
from benchmarks.measure.metrics import CONTROL, NOTHING, Evidence, samples
from benchmarks.measure.samples import Answers, Samples, starts_of
from benchmarks.measure.statistics import Estimate
from benchmarks.measure.verdicts import (
    Criterion,
    Holm,
    Judged,
    Outcome,
    Verdict,
    claim_p_value,
    holm,
    outcome_at,
    p_value,
    verdict_at,
)


@dataclass(frozen=True)
class Decided:
    """A criterion, the quantity that it is about with its 95 % interval, and how it came out.

    ``level`` is what it is judged at; ``needed`` is the interval there, if it left it open.
    """

    criterion: Criterion
    seen: Estimate
    outcome: Outcome
    p_value: float
    level: float
    needed: Estimate | None = None


@dataclass(frozen=True)
class Answer:
    """What the evidence says of a claim for one way of serving.

    The verdict is None for the baseline, which has only a value. ``settled`` says whether the
    evidence is enough; what is not settled when the budget is spent is inconclusive.
    ``bound`` is "at least" or "at most" where the value is only a bound.
    """

    server: str
    role: str
    verdict: Verdict | None
    why: str
    settled: bool = True
    value: Estimate | None = None
    bound: str = ""
    change: Estimate | None = None
    starts: int = 0
    windows: int = 0
    left_out: tuple[str, ...] = ()
    criteria: tuple[Decided, ...] = ()
    p_value: float | None = None
    holm: Holm | None = None
    downgraded: bool = False


@dataclass(frozen=True)
class Judgement:
    """A claim with an answer for each way of serving; the candidate's decides the claim.

    ``control`` is the change from the baseline to itself, if it was measured.
    """

    claim: Claim
    answers: tuple[Answer, ...]
    control: Estimate | None = None

    @property
    def baseline(self) -> Answer:
        """The answer of the claim's baseline."""
        return self.of(self.claim.baseline)

    @property
    def candidate(self) -> Answer:
        """The answer of the claim's candidate."""
        return self.of(self.claim.candidate)

    @property
    def verdict(self) -> Verdict:
        """The verdict of the claim."""
        verdict = self.candidate.verdict
        assert verdict is not None, "a candidate is judged"
        return verdict

    def of(self, server: str) -> Answer:
        """Return the answer for one way of serving."""
        return next(one for one in self.answers if one.server == server)


@dataclass(frozen=True)
class Assessment:
    """The samples that a claim is judged by for one server, and the criteria with quantities.

    ``others`` are the samples of the other ways of serving.
    """

    claim: Claim
    server: str
    old: Samples
    new: Samples
    others: tuple[Samples, ...] = ()
    judged: tuple[Judged, ...] = ()
    problem: Verdict | None = None
    why: str = ""

    @property
    def change(self) -> Quantity:
        """The change from the baseline to the server, in percent."""
        return self.new.change_from(self.old, self.claim.statistic, self.others)

    @property
    def p_value(self) -> float:
        """The smallest level at which the claim is not open."""
        return claim_p_value(self.judged)


def judge(file: ClaimsFile, evidence: Evidence, round_number: int = 0) -> list[Judgement]:
    """Return what the evidence says of every claim after a round: by default the last one.

    What is still open is inconclusive.
    """
    level = file.design.nominal_level(round_number or last_round(evidence))
    least = file.design.least_starts
    answers: dict[str, list[Answer]] = {
        claim.id: [_baseline_answer(claim, evidence)] for claim in file.claims
    }
    controls = {claim.id: _control(claim, evidence) for claim in file.claims}
    for server in _servers(file, evidence):
        asked = [claim for claim in file.claims if _is_asked(claim, server, evidence)]
        assessed = [assess(claim, server, evidence, least, at_end=True) for claim in asked]
        placed = places(assessed, level)
        for one in assessed:
            answer = _answer(one, placed.get(one.claim.id), level)
            answers[one.claim.id].append(_controlled(one, answer, controls[one.claim.id]))
    return [Judgement(claim, tuple(answers[claim.id]), controls[claim.id]) for claim in file.claims]


def last_round(evidence: Evidence) -> int:
    """Return the number of the last round in which something was measured."""
    return max((run.repeat for run in evidence.runs), default=1)


def places(assessed: Iterable[Assessment], level: float) -> dict[str, Holm]:
    """Return the place of each claim, by id, among those that have a p-value."""
    tested = [one for one in assessed if one.judged and one.problem is None]
    found = holm([one.p_value for one in tested], level)
    return {one.claim.id: place for one, place in zip(tested, found, strict=True)}


def assess(
    claim: Claim, server: str, evidence: Evidence, least_starts: int, *, at_end: bool
) -> Assessment:
    """Return what there is to judge a claim by for one server.

    ``at_end`` says that no more will be measured.
    """
    criteria = [one.at_end() if at_end else one for one in claim.criteria]
    old = samples(evidence, claim.metric, claim.baseline)
    new = samples(evidence, claim.metric, server)
    found = Assessment(claim, server, old, new, _others(claim, server, evidence))
    for name, side in ((claim.baseline, old), (server, new)):
        if not side.starts:
            return replace(found, problem=_missing(side), why=_why_missing(name, side))
    if claim.is_answer:
        return found
    judged = tuple(Judged(one, _quantity(found, one)) for one in criteria)
    found = replace(found, judged=judged)
    if why := old.too_few(least_starts) or new.too_few(least_starts):
        return replace(found, problem=Verdict.INCONCLUSIVE, why=why)
    return found


def _others(claim: Claim, server: str, evidence: Evidence) -> tuple[Samples, ...]:
    """Return the samples of the servers that are neither the claim's baseline nor this one."""
    names = {run.server for run in evidence.runs} - {claim.baseline, server}
    return tuple(samples(evidence, claim.metric, one) for one in sorted(names))


def _quantity(one: Assessment, criterion: Criterion) -> Quantity:
    if criterion.of == "change":
        return one.change
    side = one.old if criterion.of == "baseline" else one.new
    if criterion.later_than is not None:
        return side.later_than(criterion.later_than)
    return side.quantity(one.claim.statistic)


def _servers(file: ClaimsFile, evidence: Evidence) -> list[str]:
    """Return every server that some claim is answered for."""
    seen = {run.server for run in evidence.runs} | set(evidence.probes["server"])
    pairs = [claim.candidate for claim in file.claims]
    return list(dict.fromkeys([*pairs, *(one for one in file.ways if one in seen)]))


def _is_asked(claim: Claim, server: str, evidence: Evidence) -> bool:
    """Return whether a claim is answered for a server: always for its candidate."""
    return server != claim.baseline and (
        server == claim.candidate or bool(_all(samples(evidence, claim.metric, server)))
    )


def _all(side: Samples) -> Sequence[object]:
    return side.starts or side.left_out


def _missing(side: Samples) -> Verdict:
    """Return the verdict where a server has no samples: invalid if the instrument failed."""
    failed = [one for one in side.left_out if not one.endswith(NOTHING)]
    return Verdict.INVALID if failed else Verdict.INCONCLUSIVE


def _why_missing(server: str, side: Samples) -> str:
    return f"No window of {server} counts: {'; '.join(side.left_out) or 'it was not measured'}."


def _baseline_answer(claim: Claim, evidence: Evidence) -> Answer:
    side = samples(evidence, claim.metric, claim.baseline)
    return replace(
        _described(claim, claim.baseline, side),
        role="baseline",
        why="" if side.starts else _why_missing(claim.baseline, side),
    )


def _described(claim: Claim, server: str, side: Samples) -> Answer:
    """Return an answer that has a server's value, and no verdict yet."""
    return Answer(
        server=server,
        role="candidate" if server == claim.candidate else "comparison",
        verdict=None,
        why="",
        value=_value(claim, side) if side.starts else None,
        bound=side.bound if side.starts else "",
        starts=len(set(side.starts)),
        windows=len(side.starts),
        left_out=side.left_out,
    )


def _value(claim: Claim, side: Samples) -> Estimate:
    if isinstance(side, Answers):
        return Estimate(*(float(side.answers[0]),) * 3)
    return side.quantity(claim.statistic).reported()


def _answer(one: Assessment, place: Holm | None, level: float) -> Answer:
    claim = one.claim
    described = _described(claim, one.server, one.new)
    if one.problem and not one.judged:
        return replace(described, verdict=one.problem, why=one.why, settled=False)
    if claim.is_answer:
        return _offer(one, described)
    own = place.level if place else level
    decided = tuple(_decided(each, own) for each in one.judged)
    sentences = " ".join(_sentence(one, each, own) for each in one.judged)
    answer = replace(
        described,
        change=one.change.reported(),
        criteria=decided,
        p_value=one.p_value,
        holm=place,
    )
    if one.problem:
        why = f"{one.why} So far: {sentences}"
        return replace(answer, verdict=one.problem, why=why, settled=False)
    if place and not place.survives:
        why = f"Not settled{_of_the_family(one, place)}. {sentences}"
        return replace(answer, verdict=Verdict.INCONCLUSIVE, why=why, settled=False)
    return replace(answer, verdict=verdict_at(one.judged, own), why=sentences)


def _decided(judged: Judged, level: float) -> Decided:
    found, seen = outcome_at(judged, level), judged.quantity.reported()
    low, high = judged.quantity.bounds(level)
    needed = Estimate(seen.value, low, high) if found is Outcome.OPEN else None
    return Decided(judged.criterion, seen, found, p_value(judged), level, needed)


def _of_the_family(one: Assessment, place: Holm) -> str:
    if one.p_value > place.level:
        return (
            f": p = {one.p_value:.2g}, needed is {place.level:.2g} "
            f"as number {place.rank} of {place.of} claims (Holm)"
        )
    return f": number {place.rank} of {place.of} claims (Holm), and one before it is not either"


def _offer(one: Assessment, described: Answer) -> Answer:
    """Judge something that is offered or not: a probe has no spread, only an answer."""
    assert isinstance(one.old, Answers)
    assert isinstance(one.new, Answers)
    before, after = set(one.old.answers), set(one.new.answers)
    baseline = one.claim.baseline
    if len(before) > 1 or len(after) > 1:
        found, why = Verdict.INCONCLUSIVE, "The probes of one server disagree."
    elif not after.pop():
        found, why = Verdict.NOT_REPRODUCED, f"{one.server} does not offer it."
    elif before.pop():
        found, why = Verdict.PARTLY, f"{one.server} offers it, but so does {baseline}."
    else:
        found, why = Verdict.REPRODUCED, f"{one.server} offers it, {baseline} does not."
    return replace(described, verdict=found, why=why)


def _control(claim: Claim, evidence: Evidence) -> Estimate | None:
    """Return the change from the baseline to itself, if both arms of it were measured."""
    if claim.is_answer:
        return None
    sides = [samples(evidence, claim.metric, claim.baseline, arm) for arm in ("", CONTROL)]
    if starts_of(sides) == 0:
        return None
    others = _others(claim, claim.baseline, evidence)
    change = sides[1].change_from(sides[0], claim.statistic, others).reported()
    return None if math.isnan(change.value) else change


def _controlled(one: Assessment, answer: Answer, control: Estimate | None) -> Answer:
    """Return an answer, inconclusive if the control differs from itself too much for it."""
    if control is None or not answer.settled or not answer.criteria:
        return answer
    sides: Mapping[str, Samples] = {"baseline": one.old}
    nearest = min(
        distance(judged, decided.outcome, sides.get(judged.criterion.of, one.new))
        for judged, decided in zip(one.judged, answer.criteria, strict=True)
    )
    if not downgrades(control, nearest):
        return answer
    why = (
        f"{one.claim.baseline} differs from itself by {control.value:.1f} % "
        f"[{control.low:.1f}, {control.high:.1f}] in this run, which is too much to judge this "
        f"by. Otherwise it would be {answer.verdict}: {answer.why}"
    )
    return replace(answer, verdict=Verdict.INCONCLUSIVE, why=why, downgraded=True)


def _sentence(one: Assessment, judged: Judged, level: float) -> str:
    criterion = judged.criterion
    found = outcome_at(judged, level)
    # What a decision needs is shown where 95 % are not what left it open.
    shown = level if found is Outcome.OPEN else REPORTED_LEVEL
    low, high = judged.quantity.bounds(shown)
    unit = "%" if criterion.of == "change" or criterion.later_than else one.claim.unit
    subject = {"change": "Change", "baseline": one.claim.baseline}.get(criterion.of, one.server)
    if criterion.later_than is not None:
        subject += f", later than {criterion.later_than:g} ms"
    relation = "at most" if criterion.at_most is not None else "at least"
    percent = "" if shown == REPORTED_LEVEL else f" at {100 * (1 - shown):.4g} %"
    return (
        f"{subject}: {_number(judged.quantity.value)} {unit} "
        f"[{_number(low)}, {_number(high)}]{percent}, claimed {relation} {criterion.bound:g}: "
        f"{found}."
    )


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "no value" if math.isnan(value) else "without end"
    digits = 3 if abs(value) < 10 else 1 if abs(value) < 1000 else 0
    return f"{value:,.{digits}f}"
