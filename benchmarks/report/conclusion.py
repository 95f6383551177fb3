"""What an architect may conclude from a run: sentences made by rules from its results.

Nothing here reads samples or knows a server. Each rule returns a phrase, or None where the
results do not support it; so no sentence says what the run has not shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.report.advice import Advice, advice
from benchmarks.report.answers import (
    GAINED,
    answer_of,
    is_judged,
    is_pair_measured,
    name_of,
    needs_redis,
    runs_of,
    with_metric,
)
from benchmarks.report.facts import deciding_fact, fact, ids_of, listed, present, worded_value
from benchmarks.report.formats import bare_quantity, items, number
from benchmarks.report.language import Part, Phrase
from benchmarks.report.recommendation import recommendation
from benchmarks.report.values import Json


@dataclass(frozen=True)
class Conclusion:
    """The opening of a report. Every group may be empty.

    ``state`` says what restricts all the rest: an incomplete run, one that judges nothing, or
    one in which a server died.
    """

    state: tuple[Phrase, ...]
    expect: tuple[Phrase, ...]
    do_not_expect: tuple[Phrase, ...]
    instead: tuple[Phrase, ...]
    cost: tuple[Phrase, ...]
    sentence: Phrase

    @property
    def phrases(self) -> tuple[Phrase, ...]:
        """Every sentence of the opening, in order."""
        return (*self.state, *self.expect, *self.do_not_expect, *self.instead, *self.cost)


def conclude(results: Json) -> Conclusion:
    """Return what follows from the results of a run."""
    if "target" in results["environment"]:
        return _conclude_deployment(results)
    if not is_judged(results):
        nothing = Phrase("No claim is about what this run measured: it judges none.")
        state = (*_incomplete(results), *_deaths(results), nothing)
        return Conclusion(state, (), (), (), (), nothing)
    found = advice(results)
    return Conclusion(
        state=(*_incomplete(results), *_deaths(results), *_undecided_run(results)),
        expect=present(_gains(results), _parts(results)),
        do_not_expect=present(
            _missed(results), _limits(results), _open(results), _spoiled(results), _absent(results)
        ),
        instead=recommendation(results, found),
        cost=_costs(results, found),
        sentence=_sentence(results, found),
    )


def _incomplete(results: Json) -> tuple[Phrase, ...]:
    if results["complete"]:
        return ()
    reason = {"reason": results["stopped_by"] or "?"}
    return (
        Phrase("This run is incomplete ({reason}): what follows is what was measured.", reason),
    )


def _deaths(results: Json) -> tuple[Phrase, ...]:
    """Return, for each server of which a process ended by itself, in how many starts one did."""
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


def _undecided_run(results: Json) -> tuple[Phrase, ...]:
    """Return that a run decides nothing, if every claim is open or spoiled."""
    verdicts = {claim["verdict"] for claim in results["claims"] if is_pair_measured(claim)}
    if verdicts == {"invalid"}:
        text = "This run is invalid: the instrument failed, and no claim can be judged by it."
        return (Phrase(text),)
    if verdicts and verdicts <= {"invalid", "inconclusive"}:
        return (Phrase("This run decides no claim: measure again, for longer."),)
    return ()


def _with(results: Json, verdicts: set[str]) -> list[Json]:
    return [
        claim
        for claim in results["claims"]
        if claim["verdict"] in verdicts and is_pair_measured(claim)
    ]


def _pair(results: Json) -> dict[str, Part]:
    first = results["claims"][0]
    return {"baseline": first["baseline"], "candidate": first["candidate"]}


def _gains(results: Json) -> Phrase | None:
    found = _with(results, set(GAINED))
    if not found:
        if _with(results, {"partly", "at the limit", "not reproduced", "contradicted"}):
            text = "Expect nothing of what is claimed for moving from {baseline} to {candidate}."
            return Phrase(text, _pair(results)) if not _with(results, {"partly"}) else None
        return None
    text = "Expect from moving from {baseline} to {candidate}: {items}."
    facts = items([fact(claim) for claim in found])
    return Phrase(text, {**_pair(results), "items": facts}, ids_of(found))


def _parts(results: Json) -> Phrase | None:
    found = _with(results, {"partly"})
    if not found:
        return None
    facts = items([deciding_fact(claim) for claim in found])
    return Phrase("Expect in part: {items}.", {"items": facts}, ids_of(found))


def _missed(results: Json) -> Phrase | None:
    found = _with(results, {"contradicted"}) + _with(results, {"not reproduced"})
    if not found:
        return None
    facts = items([deciding_fact(claim) for claim in found])
    return Phrase("Do not expect: {items}.", {"items": facts}, ids_of(found))


def _limits(results: Json) -> Phrase | None:
    found = _with(results, {"at the limit"})
    if not found:
        return None
    facts = items([deciding_fact(claim) for claim in found])
    return Phrase("Do not rely on what is at the limit: {items}.", {"items": facts}, ids_of(found))


def _open(results: Json) -> Phrase | None:
    return listed("This run leaves open: {topics}.", _with(results, {"inconclusive"}))


def _spoiled(results: Json) -> Phrase | None:
    text = "The instrument failed, so that this run says nothing of: {topics}."
    return listed(text, _with(results, {"invalid"}))


def _absent(results: Json) -> Phrase | None:
    found = [claim for claim in results["claims"] if not is_pair_measured(claim)]
    return listed("Not measured for both servers: {topics}.", found)


def _costs(results: Json, found: Advice) -> tuple[Phrase, ...]:
    if not found.server or found.keep:
        return ()
    priced = [_price(results, metric, found.server) for metric in PRICES]
    return present(*priced, _redis(results, found.server))


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
"""By metric: a sentence for less, one for more, and one where the interval contains zero."""


def _price(results: Json, metric: str, server: str) -> Phrase | None:
    claim = with_metric(results, metric)
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


def _redis(results: Json, server: str) -> Phrase | None:
    baseline = results["claims"][0]["baseline"]
    if not needs_redis(results, server):
        return None
    if needs_redis(results, baseline):
        return Phrase("Redis runs with it, as with {baseline}.", {"baseline": baseline})
    return Phrase("Redis has to run as well; the figures above include it.")


def _sentence(results: Json, found: Advice) -> Phrase:
    """Return the conclusion as one sentence: gains, what is not to be expected, what to run."""
    if not results["complete"]:
        return Phrase("The run is incomplete and supports no conclusion.")
    clauses = (_gain_clause, _missed_clause, _limit_clause, _open_clause)
    parts: list[Phrase] = list(present(*(make(results) for make in clauses)))
    if not parts:
        return Phrase("The run decides no claim and supports no conclusion.")
    values = {**_pair(results), "clauses": items(parts), "server": found.server}
    if not found.server:
        return Phrase("Moving from {baseline} to {candidate} {clauses}.", values)
    if found.keep:
        return Phrase("Moving from {baseline} to {candidate} {clauses}; keep {server}.", values)
    return Phrase("Moving from {baseline} to {candidate} {clauses}; run {server}.", values)


def _clause(verdicts: set[str], text: str) -> Callable[[Json], Phrase | None]:
    def make(results: Json) -> Phrase | None:
        return listed(text, _with(results, verdicts))

    return make


_gain_clause = _clause(set(GAINED), "brings what is claimed for {topics}")
_missed_clause = _clause(
    {"not reproduced", "contradicted", "partly"}, "does not bring all that is claimed for {topics}"
)
_limit_clause = _clause({"at the limit"}, "is at the limit for {topics}")
_open_clause = _clause({"inconclusive", "invalid"}, "leaves open {topics}")


def _conclude_deployment(results: Json) -> Conclusion:
    """Return what is known of a deployment: what it delivered, with nothing to compare it to."""
    url = {"url": results["environment"]["target"]}
    text = "This run measured the deployment at {url}. It compares nothing and judges no claim."
    measured = Phrase(text, url)
    windows = [run for run in runs_of(results, "delivery") if run["valid"]]
    seen = _deployment_figures(windows)
    return Conclusion((*_incomplete(results), measured), present(seen), (), (), (), measured)


def _deployment_figures(windows: list[Json]) -> Phrase | None:
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
