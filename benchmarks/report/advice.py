"""Which way of serving to run: one rule over the verdicts.

The rule, in this order:

1. Only ways that gain something count: at least one claim that is about more than whether a
   protocol is offered comes out reproduced or exceeded.
2. Of these the best has the fewest claims contradicted; then the fewest not reproduced; then
   the fewest in part, at the limit, undecided or not measured; then the most gained; then the
   lowest delivery latency; then the least CPU. Whether a protocol is offered decides nothing.
3. A way without WebSockets that gains everything the best one gains, and contradicts nothing
   else, is preferred to it: it suffices, and needs no new kind of server.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from benchmarks.report.answers import (
    CAPABILITIES,
    GAINED,
    UNDECIDED,
    answer_of,
    is_measured,
    measured_ways,
    transport_of,
    with_metric,
)
from benchmarks.report.values import Json

STEPS = ("contradicted", "not reproduced", "between", "gained", "delivery", "cpu")
"""What the second part of the rule compares, in its order."""


@dataclass(frozen=True)
class Decision:
    """The way that comes next after the best, and the step that put it behind.

    ``own`` and ``theirs`` are what the step compares; a latency or CPU that is not known is
    infinite.
    """

    other: str
    step: str
    own: float
    theirs: float


@dataclass(frozen=True)
class Advice:
    """The way of serving to run, and the one that it makes unnecessary, if any.

    ``server`` is empty where the run supports no advice. ``keep`` says that it is the baseline,
    because no other way gains anything. ``judged`` counts the judged claims of ``server``.
    ``decision`` is None where only one way gains anything, or no step decides.
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
    claims = [one for one in results["claims"] if one["metric"] not in CAPABILITIES]
    if not claims or not results["complete"]:
        return Advice("")
    baseline = claims[0]["baseline"]
    others = [server for server in measured_ways(results) if server != baseline]
    verdicts = {server: _verdicts(claims, server) for server in others}
    gaining = [server for server in others if _gained(verdicts[server])]
    if not gaining:
        found = [verdict for of in verdicts.values() for verdict in of.values()]
        is_settled = bool(found) and not UNDECIDED & set(found)
        return Advice(baseline, keep=True) if is_settled else Advice("")
    ranks = {server: _rank(results, verdicts[server], server) for server in gaining}
    best, *others = sorted(gaining, key=lambda server: ranks[server])
    suffices = _sufficient(results, gaining, verdicts, best)
    chosen = suffices or best
    return Advice(
        chosen,
        instead_of=best if suffices else "",
        gained=tuple(_gained(verdicts[chosen])),
        judged=len(verdicts[chosen]),
        contradicted=tuple(sorted(_contradicted(verdicts[chosen]))),
        undecided=tuple(name for name, found in verdicts[chosen].items() if found in UNDECIDED),
        decision=_decision(ranks, best, others[0]) if others else None,
    )


def _decision(ranks: dict[str, tuple[float, ...]], best: str, other: str) -> Decision | None:
    for step, own, theirs in zip(STEPS, ranks[best], ranks[other], strict=True):
        if own != theirs:
            # More gained ranks lower.
            return Decision(other, step, abs(own), abs(theirs))
    return None


def _verdicts(claims: list[Json], server: str) -> dict[str, str]:
    found = {claim["id"]: answer_of(claim, server) for claim in claims}
    return {
        name: answer["verdict"]
        for name, answer in found.items()
        if answer is not None and is_measured(answer)
    }


def _gained(verdicts: dict[str, str]) -> list[str]:
    return [name for name, verdict in verdicts.items() if verdict in GAINED]


def _contradicted(verdicts: dict[str, str]) -> set[str]:
    return {name for name, verdict in verdicts.items() if verdict == "contradicted"}


def _rank(results: Json, verdicts: dict[str, str], server: str) -> tuple[float, ...]:
    found = list(verdicts.values())
    contradicted, missed = found.count("contradicted"), found.count("not reproduced")
    gained = sum(verdict in GAINED for verdict in found)
    judged = sum(one["metric"] not in CAPABILITIES for one in results["claims"])
    return (
        contradicted,
        missed,
        judged - contradicted - missed - gained,
        -gained,
        _value(results, "delivery", server),
        _value(results, "cpu", server),
    )


def _value(results: Json, metric: str, server: str) -> float:
    claim = with_metric(results, metric)
    answer = answer_of(claim, server) if claim else None
    value = answer["value"] if answer else None
    return math.inf if value is None else float(value)


def _sufficient(
    results: Json, gaining: list[str], verdicts: dict[str, dict[str, str]], best: str
) -> str:
    """Return a way without WebSockets that gains all that the best one does; empty if none."""
    if transport_of(results, best) != "websocket":
        return ""
    wanted, tolerated = set(_gained(verdicts[best])), _contradicted(verdicts[best])
    for server in gaining:
        is_old = transport_of(results, server) not in {"websocket", ""}
        contradicts_no_more = _contradicted(verdicts[server]) <= tolerated
        if is_old and contradicts_no_more and wanted <= set(_gained(verdicts[server])):
            return server
    return ""
