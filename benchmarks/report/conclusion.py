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
    measured_ways,
    name_of,
    needs_redis,
    runs_of,
    with_metric,
)
from benchmarks.report.formats import bare_quantity, items, number, quantity, signed
from benchmarks.report.language import Data, Listing, Part, Phrase
from benchmarks.report.values import Json

TOPICS = {
    "delivery": "message delivery",
    "typing": "typing indicators",
    "memory": "memory",
    "cpu": "CPU",
    "resources": "memory and CPU together",
    "throughput": "HTTP throughput",
    "capacity": "concurrent users",
    "errors": "stability",
    "websocket": "WebSocket",
    "http2": "HTTP/2",
}
"""How a sentence names what a claim is about, by metric."""

MEASURES = {
    ("delivery", "ms"): "{value} ms until delivery ({statistic})",
    ("typing", "ms"): "{value} ms until it appears ({statistic})",
    ("cpu", "CPU s/1,000"): "{value} s of CPU per 1,000 delivered messages",
    ("capacity", "users"): "{value} users",
    ("errors", "%"): "{value} % of operations failed or lost",
    ("throughput", "req/s"): "{value} requests/s",
    ("resources", "index"): "{value} index points",
}
"""How a sentence words a value, by metric and unit, where number and unit do not suffice."""


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
        expect=_present(_gains(results), _parts(results)),
        do_not_expect=_present(
            _missed(results), _limits(results), _open(results), _spoiled(results), _absent(results)
        ),
        instead=_present(_run_this(results, found)),
        cost=_costs(results, found),
        sentence=_sentence(results, found),
    )


def topic_of(claim: Json) -> Part:
    """Return what a claim is about, as part of a sentence."""
    known = TOPICS.get(claim["metric"])
    return Phrase(known) if known else str(claim["id"])


def _present(*phrases: Phrase | None) -> tuple[Phrase, ...]:
    return tuple(phrase for phrase in phrases if phrase)


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


def _ids(claims: list[Json]) -> tuple[str, ...]:
    return tuple(claim["id"] for claim in claims)


def _topics(claims: list[Json]) -> Listing:
    return Listing(tuple(topic_of(claim) for claim in claims))


def _value(claim: Json, answer: Json) -> Part:
    """Return a value in words, with what it is a value of."""
    worded = MEASURES.get((claim["metric"], claim["unit"]))
    if worded is None or answer["value"] is None:
        return quantity(answer, claim["unit"])
    value = bare_quantity(answer)
    return Phrase(worded, {"value": value, "statistic": claim["statistic"]})


def _number(claim: Json, answer: Json) -> Part:
    """Return a value without its unit, which the value that follows has."""
    unit = claim["unit"]
    return bare_quantity(answer) if unit else quantity(answer, unit)


def _answers(claim: Json) -> tuple[Json, Json]:
    old, new = answer_of(claim, claim["baseline"]), answer_of(claim, claim["candidate"])
    assert old is not None, "only claims whose two sides were measured are worded"
    assert new is not None, "only claims whose two sides were measured are worded"
    return old, new


def _fact(claim: Json, *, with_claimed: bool = False) -> Phrase:
    """Return a claim's figures: the new value, the old one, and the change if it has one."""
    old, new = _answers(claim)
    values: dict[str, Part] = {
        "topic": topic_of(claim),
        "new": _number(claim, new),
        "old": _value(claim, old),
        "change": signed(new["change_percent"]),
        "claimed": Data(claim["claimed"]["change"] or claim["claimed"]["new"]),
    }
    has_change = new["change_percent"] is not None
    return Phrase(FACTS[has_change, with_claimed], values, (claim["id"],))


FACTS = {
    (True, True): "{topic} ({new} instead of {old}, {change}; claimed: {claimed})",
    (True, False): "{topic} ({new} instead of {old}, {change})",
    (False, True): "{topic} ({new} instead of {old}; claimed: {claimed})",
    (False, False): "{topic} ({new} instead of {old})",
}
"""By whether there is a change, and whether what is claimed is named."""


def _gains(results: Json) -> Phrase | None:
    found = _with(results, set(GAINED))
    if not found:
        if _with(results, {"partly", "at the limit", "not reproduced", "contradicted"}):
            text = "Expect nothing of what is claimed for moving from {baseline} to {candidate}."
            return Phrase(text, _pair(results)) if not _with(results, {"partly"}) else None
        return None
    text = "Expect from moving from {baseline} to {candidate}: {items}."
    facts = items([_fact(claim) for claim in found])
    return Phrase(text, {**_pair(results), "items": facts}, _ids(found))


def _parts(results: Json) -> Phrase | None:
    found = _with(results, {"partly"})
    if not found:
        return None
    facts = items([_fact(claim, with_claimed=True) for claim in found])
    return Phrase("Expect in part: {items}.", {"items": facts}, _ids(found))


def _missed(results: Json) -> Phrase | None:
    against, short = _with(results, {"contradicted"}), _with(results, {"not reproduced"})
    facts = [
        Phrase("{fact}, the opposite of the claim", {"fact": _fact(claim, with_claimed=True)})
        for claim in against
    ]
    facts += [_fact(claim, with_claimed=True) for claim in short]
    if not facts:
        return None
    ids = _ids(against + short)
    return Phrase("Do not expect: {items}.", {"items": items(facts)}, ids)


def _limits(results: Json) -> Phrase | None:
    found = _with(results, {"at the limit"})
    if not found:
        return None
    facts = items([_fact(claim, with_claimed=True) for claim in found])
    return Phrase("Do not rely on what is at the limit: {items}.", {"items": facts}, _ids(found))


def _listed(text: str, found: list[Json]) -> Phrase | None:
    return Phrase(text, {"topics": _topics(found)}, _ids(found)) if found else None


def _open(results: Json) -> Phrase | None:
    return _listed("This run leaves open: {topics}.", _with(results, {"inconclusive"}))


def _spoiled(results: Json) -> Phrase | None:
    text = "The instrument failed, so that this run says nothing of: {topics}."
    return _listed(text, _with(results, {"invalid"}))


def _absent(results: Json) -> Phrase | None:
    found = [claim for claim in results["claims"] if not is_pair_measured(claim)]
    return _listed("Not measured for both servers: {topics}.", found)


def _run_this(results: Json, found: Advice) -> Phrase | None:
    if not found.server:
        return Phrase("This run supports no advice on what to run.")
    count = str(len(measured_ways(results)))
    if found.keep:
        text = "Keep {server}: no other of the {count} ways of serving gains what is claimed."
        return Phrase(text, {"server": found.server, "count": count})
    values: dict[str, Part] = {
        "server": found.server,
        "count": count,
        "gained": str(len(found.gained)),
        "judged": str(found.judged),
        "other": found.instead_of,
    }
    if found.instead_of:
        text = (
            "Run {server}: a well-tuned old server suffices. Without WebSockets it gains all that "
            "{other} does: {gained} of {judged} claims reproduced or exceeded, {but}."
        )
    else:
        text = (
            "Run {server}: of the {count} ways of serving measured it answers the claims best, "
            "{gained} of {judged} reproduced or exceeded, {but}."
        )
    return Phrase(text, {**values, "but": _reservations(results, found)})


def _reservations(results: Json, found: Advice) -> Part:
    """Return what speaks against the advised way: what it contradicts, and what is open."""
    contradicted = _by_id(results, found.contradicted)
    undecided = _by_id(results, found.undecided)
    parts = _present(
        _listed("but it contradicts {topics}", contradicted),
        _listed("this run leaves open {topics}", undecided),
    )
    return Listing(parts) if parts else Phrase("none contradicted or open")


def _by_id(results: Json, wanted: tuple[str, ...]) -> list[Json]:
    return [claim for claim in results["claims"] if claim["id"] in wanted]


def _costs(results: Json, found: Advice) -> tuple[Phrase, ...]:
    if not found.server or found.keep:
        return ()
    priced = [_price(results, metric, found.server) for metric in PRICES]
    return _present(*priced, _redis(results, found.server))


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
        "old": _value(claim, old),
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
    parts: list[Phrase] = list(
        _present(*(make(results) for make in (_gain_clause, _missed_clause, _open_clause)))
    )
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
        return _listed(text, _with(results, verdicts))

    return make


_gain_clause = _clause(set(GAINED), "brings what is claimed for {topics}")
_missed_clause = _clause(
    {"not reproduced", "contradicted", "partly", "at the limit"},
    "does not bring all that is claimed for {topics}",
)
_open_clause = _clause({"inconclusive", "invalid"}, "leaves open {topics}")


def _conclude_deployment(results: Json) -> Conclusion:
    """Return what is known of a deployment: what it delivered, with nothing to compare it to."""
    url = {"url": results["environment"]["target"]}
    text = "This run measured the deployment at {url}. It compares nothing and judges no claim."
    measured = Phrase(text, url)
    windows = [run for run in runs_of(results, "delivery") if run["valid"]]
    seen = _deployment_figures(windows)
    return Conclusion((*_incomplete(results), measured), _present(seen), (), (), (), measured)


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
