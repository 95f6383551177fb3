"""Choose the way of serving to run, by one rule over the verdicts of the claims.

The rule, in this order:

1. Only ways that gain something are considered: at least one claim is reproduced or exceeded,
   and it is about more than whether a protocol is offered.
2. The best of these ways has the fewest claims contradicted; then the fewest not reproduced;
   then the fewest in part, at the limit, undecided or not measured; then the most gained; then
   the lowest delivery latency; then the least CPU. Claims about whether a protocol is offered
   do not count.
3. A way without WebSockets is preferred to the best one if it gains everything that the best
   one gains and contradicts no other claim: it suffices, and it needs no new kind of server.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.report.answers import (
    CAPABILITIES,
    GAINED,
    UNDECIDED,
    answer_of,
    find_claim,
    is_measured,
    measured_ways,
    transport_of,
)
from benchmarks.report.values import Json

STEPS = ("contradicted", "not reproduced", "between", "gained", "delivery", "cpu")
"""The values that part 2 of the rule compares, in this order."""


@dataclass(frozen=True)
class Decision:
    """The second-best way of serving, and the step of the rule that puts it behind the best.

    ``own`` is the value of the best way in this step, ``theirs`` that of ``other``. A latency
    or CPU use that is not known is infinite.
    """

    other: str
    step: str
    own: float
    theirs: float


@dataclass(frozen=True)
class Advice:
    """The way of serving to run, and the one that it makes unnecessary, if any.

    ``server`` is empty if the run supports no advice. ``keep`` is true if ``server`` is the
    baseline, because no other way gains anything. ``instead_of`` is the best way where a way
    without WebSockets suffices. ``judged`` counts the judged claims of ``server``.
    ``decision`` is None if only one way gains anything, or if no step decides.
    """

    server: str
    keep: bool = False
    instead_of: str = ""
    gained: tuple[str, ...] = ()
    judged: int = 0
    contradicted: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    decision: Decision | None = None


def advice(results: Json) -> Advice:
    """Return which way of serving to run."""
    claims = [claim for claim in results["claims"] if claim["metric"] not in CAPABILITIES]
    if not claims or not results["complete"]:
        return Advice("")
    baseline = claims[0]["baseline"]
    others = [server for server in measured_ways(results) if server != baseline]
    verdicts = {server: _find_verdicts(claims, server) for server in others}
    gaining = [server for server in others if _list_gained(verdicts[server])]
    if not gaining:
        found = [verdict for by_claim in verdicts.values() for verdict in by_claim.values()]
        is_settled = bool(found) and not UNDECIDED & set(found)
        return Advice(baseline, keep=True) if is_settled else Advice("")
    ranks = {server: _rank(results, verdicts[server], server) for server in gaining}
    best, *others = sorted(gaining, key=lambda server: ranks[server])
    sufficient = _find_sufficient(results, gaining, verdicts, best)
    chosen = sufficient or best
    return Advice(
        chosen,
        instead_of=best if sufficient else "",
        gained=tuple(_list_gained(verdicts[chosen])),
        judged=len(verdicts[chosen]),
        contradicted=tuple(sorted(_find_contradicted(verdicts[chosen]))),
        undecided=tuple(name for name, found in verdicts[chosen].items() if found in UNDECIDED),
        decision=_find_decision(ranks, best, others[0]) if others else None,
    )


def _find_decision(ranks: dict[str, tuple[float, ...]], best: str, other: str) -> Decision | None:
    for step, own, theirs in zip(STEPS, ranks[best], ranks[other], strict=True):
        if own != theirs:
            # The number of gained claims is negative in a rank.
            return Decision(other, step, abs(own), abs(theirs))
    return None


def _find_verdicts(claims: list[Json], server: str) -> dict[str, str]:
    """Return the verdict of each claim that was measured on a server."""
    answers = {claim["id"]: answer_of(claim, server) for claim in claims}
    return {
        name: answer["verdict"]
        for name, answer in answers.items()
        if answer is not None and is_measured(answer)
    }


def _list_gained(verdicts: dict[str, str]) -> list[str]:
    return [name for name, verdict in verdicts.items() if verdict in GAINED]


def _find_contradicted(verdicts: dict[str, str]) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict == "contradicted"}


def _rank(results: Json, verdicts: dict[str, str], server: str) -> tuple[float, ...]:
    """Return the values of part 2 of the rule, in the order of ``STEPS``; less is better."""
    found = list(verdicts.values())
    contradicted, missed = found.count("contradicted"), found.count("not reproduced")
    gained = sum(verdict in GAINED for verdict in found)
    judged = sum(claim["metric"] not in CAPABILITIES for claim in results["claims"])
    return (
        contradicted,
        missed,
        judged - contradicted - missed - gained,
        -gained,
        _find_value(results, "delivery", server),
        _find_value(results, "cpu", server),
    )


def _find_value(results: Json, metric: str, server: str) -> float:
    """Return the value of a metric for a server; infinity if it is not known."""
    claim = find_claim(results, metric)
    answer = answer_of(claim, server) if claim else None
    value = answer["value"] if answer else None
    return math.inf if value is None else float(value)


def _find_sufficient(
    results: Json, gaining: list[str], verdicts: dict[str, dict[str, str]], best: str
) -> str:
    """Return a way without WebSockets that gains all that the best one does; empty if none."""
    if transport_of(results, best) != "websocket":
        return ""
    wanted, tolerated = set(_list_gained(verdicts[best])), _find_contradicted(verdicts[best])
    for server in gaining:
        is_old = transport_of(results, server) not in {"websocket", ""}
        contradicts_no_more = _find_contradicted(verdicts[server]) <= tolerated
        if is_old and contradicts_no_more and wanted <= set(_list_gained(verdicts[server])):
            return server
    return ""
