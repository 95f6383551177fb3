"""The claims, and what the evidence says of each."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure.deliveries import Floats
from benchmarks.measure.metrics import METRICS, Evidence, Samples, samples
from benchmarks.measure.statistics import (
    STATISTICS,
    Estimate,
    change_percent,
    estimate,
    proportion,
)
from benchmarks.measure.verdicts import Criterion, Outcome, Verdict, outcome, verdict
from benchmarks.run.profiles import VERDICT_REPEATS

CLAIMS = Path(__file__).parents[1] / "claims.toml"


@dataclass(frozen=True)
class Claim:
    """A claim of the document, and what decides it."""

    id: str
    statement: str
    old: str
    new: str
    change: str
    metric: str
    statistic: str
    unit: str
    baseline: str
    candidate: str
    note: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Judged:
    """One criterion with what was seen of it."""

    criterion: Criterion
    seen: Estimate
    outcome: Outcome


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict, the values behind it, and a sentence that says why."""

    claim: Claim
    verdict: Verdict
    why: str
    baseline: Estimate | None = None
    candidate: Estimate | None = None
    change: Estimate | None = None
    noise_percent: float | None = None
    repeats: tuple[int, int] = (0, 0)
    criteria: tuple[Judged, ...] = ()


def load_claims(path: Path = CLAIMS) -> list[Claim]:
    """Return the claims of a file.

    Raises:
        ValueError: a claim names a metric or statistic that does not exist.
    """
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["claim"]
    return [_claim(entry) for entry in entries]


def judge(claim: Claim, evidence: Evidence) -> Judgement:
    """Return what the evidence says of a claim."""
    old = samples(evidence, claim.metric, claim.baseline)
    new = samples(evidence, claim.metric, claim.candidate)
    repeats = (len(old.repeats), len(new.repeats))
    for server, side in ((claim.baseline, old), (claim.candidate, new)):
        if not side.repeats:
            reasons = "; ".join(side.left_out) or "it was not measured"
            why = f"No run of {server} counts: {reasons}."
            measured = bool(side.left_out) and not side.is_unbounded
            return Judgement(claim, Verdict.INVALID if measured else Verdict.INCONCLUSIVE, why)
    if claim.criteria[0].of == "offered":
        return _judge_offer(claim, old, new)
    baseline, candidate = _estimates(claim, old), _estimates(claim, new)
    change = _change(claim, old, new)
    judged = tuple(
        Judged(criterion, seen, outcome(criterion, seen))
        for criterion in claim.criteria
        for seen in [{"change": change, "baseline": baseline, "candidate": candidate}[criterion.of]]
    )
    found = verdict([one.outcome for one in judged])
    why = " ".join(_sentence(claim, one) for one in judged)
    if min(repeats) < VERDICT_REPEATS:
        found = Verdict.INCONCLUSIVE
        why = (
            f"Only {min(repeats)} valid repeat(s); a verdict rests on {VERDICT_REPEATS}. "
            f"So far: {why}"
        )
    return Judgement(
        claim=claim,
        verdict=found,
        why=why,
        baseline=baseline,
        candidate=candidate,
        change=change,
        noise_percent=_noise(claim, old, new),
        repeats=repeats,
        criteria=judged,
    )


def _claim(entry: dict[str, Any]) -> Claim:
    criteria = tuple(Criterion(**one) for one in entry.pop("criteria"))
    claim = Claim(**entry, criteria=criteria)
    if claim.metric not in METRICS:
        raise ValueError(f"claim {claim.id}: there is no metric {claim.metric!r}")
    if claim.statistic not in {*STATISTICS, "proportion"}:
        raise ValueError(f"claim {claim.id}: there is no statistic {claim.statistic!r}")
    return claim


def _judge_offer(claim: Claim, old: Samples, new: Samples) -> Judgement:
    """Judge something that is offered or not: a probe has no spread, only an answer."""
    before = np.concatenate(old.repeats)
    after = np.concatenate(new.repeats)
    if len(set(before)) > 1 or len(set(after)) > 1:
        found, why = Verdict.INCONCLUSIVE, "The probes of one server disagree."
    elif not after[0]:
        found, why = Verdict.NOT_REPRODUCED, f"{claim.candidate} does not offer it."
    elif before[0]:
        found, why = Verdict.PARTLY, f"{claim.candidate} offers it, but so does {claim.baseline}."
    else:
        found = Verdict.REPRODUCED
        why = f"{claim.candidate} offers it, {claim.baseline} does not."
    return Judgement(
        claim=claim,
        verdict=found,
        why=why,
        baseline=Estimate(*(float(before[0]),) * 3),
        candidate=Estimate(*(float(after[0]),) * 3),
        repeats=(len(before), len(after)),
    )


def _estimates(claim: Claim, side: Samples) -> Estimate:
    if claim.statistic == "proportion":
        merged = np.concatenate(side.repeats)
        share = proportion(int(merged.sum()), len(merged))
        return Estimate(share.value * 100, share.low * 100, share.high * 100)
    return estimate(side.repeats, STATISTICS[claim.statistic])


def _change(claim: Claim, old: Samples, new: Samples) -> Estimate:
    statistic = STATISTICS["mean" if claim.statistic == "proportion" else claim.statistic]
    return change_percent(old.repeats, new.repeats, statistic)


def _noise(claim: Claim, old: Samples, new: Samples) -> float | None:
    """Return by how many percent halves of the same server's repeats differ: A against A.

    Interleaved halves, the larger of both servers' differences.
    """
    if claim.statistic == "proportion":
        return None
    statistic = STATISTICS[claim.statistic]
    differences = []
    for repeats in (old.repeats, new.repeats):
        if len(repeats) < 2:
            return None
        odd, even = _merge(repeats[::2]), _merge(repeats[1::2])
        differences.append(abs(statistic(odd) - statistic(even)) / statistic(even) * 100)
    return float(max(differences))


def _merge(repeats: Sequence[Floats]) -> Floats:
    return np.concatenate(list(repeats))


def _sentence(claim: Claim, judged: Judged) -> str:
    criterion, seen = judged.criterion, judged.seen
    of = {"change": "Change", "baseline": claim.baseline, "candidate": claim.candidate}
    unit = "%" if criterion.of == "change" else claim.unit
    relation = "at most" if criterion.at_most is not None else "at least"
    bound = criterion.at_most if criterion.at_most is not None else criterion.at_least
    digits = 3 if abs(seen.value) < 10 else 1 if abs(seen.value) < 1000 else 0
    return (
        f"{of[criterion.of]}: {seen.value:,.{digits}f} {unit} "
        f"[{seen.low:,.{digits}f}, {seen.high:,.{digits}f}], claimed {relation} {bound:g}: "
        f"{judged.outcome}."
    )
