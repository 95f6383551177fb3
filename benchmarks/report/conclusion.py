"""Build the conclusion of a report: sentences for an architect, made by rules from results.

This module reads no samples and knows no particular server. Each rule returns a phrase, or None
if the results do not support it, so that no sentence says more than the run has shown.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.report.advice import Advice, advice
from benchmarks.report.answers import (
    GAINED,
    UNDECIDED,
    answer_of,
    find_claim,
    is_judged,
    is_pair_measured,
    name_of,
    needs_redis,
    runs_of,
)
from benchmarks.report.facts import deciding_fact, fact, ids_of, listed, present, worded_value
from benchmarks.report.formats import bare_quantity, items, number
from benchmarks.report.language import Part, Phrase
from benchmarks.report.recommendation import recommendation
from benchmarks.report.values import Json


@dataclass(frozen=True)
class Conclusion:
    """The first section of a report, as groups of sentences. Every group may be empty.

    ``state`` says what limits the whole conclusion: the run is incomplete, invalid, judges or
    decides no claim, or a server ended by itself. ``sentence`` is the conclusion in one
    sentence.
    """

    state: tuple[Phrase, ...]
    expect: tuple[Phrase, ...]
    do_not_expect: tuple[Phrase, ...]
    instead: tuple[Phrase, ...]
    cost: tuple[Phrase, ...]
    sentence: Phrase

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """All sentences of the groups, in order."""
        return (*self.state, *self.expect, *self.do_not_expect, *self.instead, *self.cost)


def conclude(results: Json) -> Conclusion:
    """Return the conclusion that the results of a run support."""
    if "target" in results["environment"]:
        return _conclude_deployment(results)
    if not is_judged(results):
        nothing = Phrase("This run judges no claim: no claim is about what it measured.")
        state = (*_describe_incomplete(results), *_describe_deaths(results), nothing)
        return Conclusion(state, (), (), (), (), nothing)
    found = advice(results)
    return Conclusion(
        state=(
            *_describe_incomplete(results),
            *_describe_deaths(results),
            *_describe_undecided_run(results),
        ),
        expect=present(_describe_gained(results), _describe_partly(results)),
        do_not_expect=present(
            _describe_missed(results),
            _describe_at_limit(results),
            _describe_inconclusive(results),
            _describe_invalid(results),
            _describe_not_measured(results),
        ),
        instead=recommendation(results, found),
        cost=_describe_costs(results, found),
        sentence=_summarise(results, found),
    )


def _describe_incomplete(results: Json) -> tuple[Phrase, ...]:
    if results["complete"]:
        return ()
    reason = {"reason": results["stopped_by"] or "?"}
    return (
        Phrase("This run is incomplete ({reason}): what follows is what was measured.", reason),
    )


def _describe_deaths(results: Json) -> tuple[Phrase, ...]:
    """Return a sentence for each server that ended by itself, with the number of such starts."""
    starts: dict[str, set[int]] = {}
    for death in results["deaths"]:
        starts.setdefault(name_of(death), set()).add(death["start"])
    text = (
        "{server} ended by itself; starts in which it did: {count}. What it no longer served "
        "counts as lost or failed."
    )
    return tuple(
        Phrase(text, {"server": server, "count": str(len(numbers))})
        for server, numbers in starts.items()
    )


def _describe_undecided_run(results: Json) -> tuple[Phrase, ...]:
    """Return a sentence that the run decides nothing, if all claims are inconclusive or invalid."""
    verdicts = {claim["verdict"] for claim in results["claims"] if is_pair_measured(claim)}
    if verdicts == {"invalid"}:
        text = "This run is invalid: the instrument failed, and no claim can be judged by it."
        return (Phrase(text),)
    if verdicts and verdicts <= {"invalid", "inconclusive"}:
        return (Phrase("This run decides no claim: measure again, for longer."),)
    return ()


def _select_claims(results: Json, verdicts: set[str]) -> list[Json]:
    """Return the measured claims that have one of these verdicts."""
    return [
        claim
        for claim in results["claims"]
        if claim["verdict"] in verdicts and is_pair_measured(claim)
    ]


def _name_pair(results: Json) -> dict[str, Part]:
    """Return the names of the baseline and the candidate, as values for a phrase."""
    first = results["claims"][0]
    return {"baseline": first["baseline"], "candidate": first["candidate"]}


def _describe_gained(results: Json) -> Phrase | None:
    found = _select_claims(results, set(GAINED))
    if not found:
        if _select_claims(results, {"partly", "at the limit", "not reproduced", "contradicted"}):
            text = "Expect nothing of what is claimed for moving from {baseline} to {candidate}."
            has_partly = bool(_select_claims(results, {"partly"}))
            return None if has_partly else Phrase(text, _name_pair(results))
        return None
    text = "Expect from moving from {baseline} to {candidate}: {items}."
    facts = items([fact(claim) for claim in found])
    return Phrase(text, {**_name_pair(results), "items": facts}, ids_of(found))


def _describe_partly(results: Json) -> Phrase | None:
    found = _select_claims(results, {"partly"})
    if not found:
        return None
    facts = items([deciding_fact(claim) for claim in found])
    return Phrase("Expect in part: {items}.", {"items": facts}, ids_of(found))


def _describe_missed(results: Json) -> Phrase | None:
    contradicted = _select_claims(results, {"contradicted"})
    found = contradicted + _select_claims(results, {"not reproduced"})
    if not found:
        return None
    facts = items([deciding_fact(claim) for claim in found])
    return Phrase("Do not expect: {items}.", {"items": facts}, ids_of(found))


def _describe_at_limit(results: Json) -> Phrase | None:
    found = _select_claims(results, {"at the limit"})
    if not found:
        return None
    facts = items([deciding_fact(claim) for claim in found])
    return Phrase("Do not rely on what is at the limit: {items}.", {"items": facts}, ids_of(found))


def _describe_inconclusive(results: Json) -> Phrase | None:
    return listed("This run leaves open: {topics}.", _select_claims(results, {"inconclusive"}))


def _describe_invalid(results: Json) -> Phrase | None:
    text = "The instrument failed, so that this run says nothing of: {topics}."
    return listed(text, _select_claims(results, {"invalid"}))


def _describe_not_measured(results: Json) -> Phrase | None:
    found = [claim for claim in results["claims"] if not is_pair_measured(claim)]
    return listed("Not measured for both servers: {topics}.", found)


def _describe_costs(results: Json, found: Advice) -> tuple[Phrase, ...]:
    if not found.server or found.keep:
        return ()
    costs = [_describe_cost(results, metric, found.server) for metric in PRICES]
    return present(*costs, _describe_redis(results, found.server))


PRICES = {
    "memory": (
        "It takes {percent} less memory than {baseline}: {new} instead of {old}.",
        "It takes {percent} more memory than {baseline}: {new} instead of {old}.",
        "Its memory does not differ measurably from that of {baseline}: {new} against {old}.",
    ),
    "cpu": (
        "It takes {percent} less CPU: {new} instead of {old}.",
        "It takes {percent} more CPU: {new} instead of {old}.",
        "Its CPU does not differ measurably: {new} against {old}.",
    ),
    "throughput": (
        "It loses {percent} of plain HTTP throughput: {new} instead of {old}.",
        "It has {percent} more plain HTTP throughput: {new} instead of {old}.",
        "Its plain HTTP throughput does not differ measurably: {new} against {old}.",
    ),
}
"""Sentences by metric: for less, for more, and for an interval that contains zero."""


def _describe_cost(results: Json, metric: str, server: str) -> Phrase | None:
    """Return how much more or less of a resource a server takes than the baseline."""
    claim = find_claim(results, metric)
    if claim is None:
        return None
    old, new = answer_of(claim, claim["baseline"]), answer_of(claim, server)
    if old is None or new is None or new["change_percent"] is None or not new["change_ci95"]:
        return None
    low, high = new["change_ci95"]
    less, more, same = PRICES[metric]
    values: dict[str, Part] = {
        "baseline": claim["baseline"],
        "old": worded_value(claim, old),
        "new": bare_quantity(new),
        "percent": f"{number(abs(new['change_percent']))} %",
    }
    if high is not None and high < 0:
        return Phrase(less, values)
    return Phrase(more if low is not None and low > 0 else same, values)


def _describe_redis(results: Json, server: str) -> Phrase | None:
    baseline = results["claims"][0]["baseline"]
    if not needs_redis(results, server):
        return None
    if needs_redis(results, baseline):
        return Phrase("Redis runs with it, as with {baseline}.", {"baseline": baseline})
    return Phrase("Redis has to run as well; the figures above include it.")


def _summarise(results: Json, found: Advice) -> Phrase:
    """Return the conclusion in one sentence: what is gained, what is not, and what to run."""
    if not results["complete"]:
        return Phrase("The run is incomplete and supports no conclusion.")
    found_clauses = (
        listed(text, _select_claims(results, verdicts)) for text, verdicts in CLAUSES.items()
    )
    parts = list(present(*found_clauses))
    if not parts:
        return Phrase("The run decides no claim and supports no conclusion.")
    values = {**_name_pair(results), "clauses": items(parts), "server": found.server}
    if not found.server:
        return Phrase("Moving from {baseline} to {candidate} {clauses}.", values)
    if found.keep:
        return Phrase("Moving from {baseline} to {candidate} {clauses}; keep {server}.", values)
    return Phrase("Moving from {baseline} to {candidate} {clauses}; run {server}.", values)


CLAUSES = {
    "brings what is claimed for {topics}": {*GAINED},
    "brings a part of what is claimed for {topics}": {"partly"},
    "is at the limit for {topics}": {"at the limit"},
    "does not bring what is claimed for {topics}": {"not reproduced"},
    "brings the opposite of what is claimed for {topics}": {"contradicted"},
    "leaves open {topics}": {*UNDECIDED},
}
"""The clauses of the one sentence: each with the verdicts of the claims that it lists."""


def _conclude_deployment(results: Json) -> Conclusion:
    """Return the conclusion on a deployment: what it delivered, without a comparison."""
    url = {"url": results["environment"]["target"]}
    text = "This run measured the deployment at {url}. It compares nothing and judges no claim."
    measured = Phrase(text, url)
    windows = [run for run in runs_of(results, "delivery") if run["valid"]]
    state = (*_describe_incomplete(results), measured)
    return Conclusion(state, present(_describe_delivery(windows)), (), (), (), measured)


def _describe_delivery(windows: list[Json]) -> Phrase | None:
    """Return the latency and losses of windows; None if there is no latency or an infinite one."""
    timed = [run["latency_ms"]["p99"] for run in windows if run.get("latency_ms")]
    if not timed or any(value is None for value in timed):
        return None
    values = {
        "count": str(len(windows)),
        "low": number(min(timed)),
        "high": number(max(timed)),
        "lost": f"{sum(run['lost'] for run in windows):,}",
        "expected": f"{sum(run['expected'] for run in windows):,}",
    }
    text = (
        "In {count} valid windows, the 99th percentile of its delivery latency was between {low} "
        "and {high} ms; {lost} of {expected} deliveries were lost or came too late."
    )
    return Phrase(text, values)
