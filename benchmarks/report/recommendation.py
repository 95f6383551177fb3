"""Word the advice on which way of serving to run: what it is, and which rule chose it."""

from __future__ import annotations

from benchmarks.report.advice import Advice
from benchmarks.report.answers import CAPABILITIES, measured_ways
from benchmarks.report.facts import listed, present, topics_of
from benchmarks.report.formats import number
from benchmarks.report.language import Listing, Part, Phrase
from benchmarks.report.values import Json

SERVERS = {
    "gunicorn": "Gunicorn, with pages that poll",
    "gunicorn-gthread": "Gunicorn with threads and pages that poll long",
    "daphne": "Daphne with plain Channels consumers",
    "daphne-tuned": "this project's own tuning of Daphne",
    "split": "pages and API by Gunicorn, WebSockets by {tuned}",
}
"""A description of each way of serving, in one clause."""

DECISIONS = {
    "contradicted": "claims contradicted",
    "not reproduced": "claims not reproduced",
    "between": "claims in part, at the limit, open or not measured",
    "gained": "claims reproduced or exceeded",
    "delivery": "the latency of delivery in ms",
    "cpu": "the CPU per 1,000 delivered messages in s",
}
"""What each step of the rule compares."""


def recommendation(results: Json, found: Advice) -> tuple[Phrase, ...]:
    """Return what to run, the rule behind it, and what decided against the second best."""
    return present(
        _name_server(results, found), *_explain_rule(results, found), _explain_decision(found)
    )


def _name_server(results: Json, found: Advice) -> Phrase | None:
    """Return which way of serving to run, with the number of claims that it gains."""
    if not found.server:
        return Phrase("This run supports no advice on what to run.")
    count = str(len(measured_ways(results)))
    if found.keep:
        text = "Keep {server}: no other of the {count} ways of serving gains what is claimed."
        return Phrase(text, {"server": found.server, "count": count})
    values: dict[str, Part] = {
        "server": _introduce(found.server),
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
    return Phrase(text, {**values, "but": _list_reservations(results, found)})


def _introduce(server: str) -> Part:
    """Return the name of a way of serving, with its description."""
    if server not in SERVERS:
        return server
    return Phrase(
        "{server} ({what})",
        {"server": server, "what": Phrase(SERVERS[server], {"tuned": "daphne-tuned"})},
    )


def _explain_rule(results: Json, found: Advice) -> tuple[Phrase | None, ...]:
    """Return the rule by which one way is the best; nothing if an old server suffices."""
    if not found.server or found.keep or found.instead_of:
        return ()
    rule = (
        "The best has the fewest claims contradicted, then the fewest not reproduced, then the "
        "fewest in part, at the limit, open or not measured, then the most gained, then the "
        "lowest latency of delivery, then the least CPU."
    )
    offered = [one for one in results["claims"] if one["metric"] in CAPABILITIES]
    text = "Claims on whether a protocol is offered are not counted: {topics}."
    not_counted = Phrase(text, {"topics": topics_of(offered)}) if offered else None
    return (Phrase(rule), not_counted)


def _explain_decision(found: Advice) -> Phrase | None:
    """Return what decided between the best way and the second best."""
    decision = found.decision
    if decision is None or found.instead_of:
        return None
    values: dict[str, Part] = {
        "other": _introduce(decision.other),
        "what": Phrase(DECISIONS[decision.step]),
        "own": number(decision.own),
        "theirs": number(decision.theirs),
    }
    text = "Next comes {other}. What decides between the two: {what}, {own} against {theirs}."
    return Phrase(text, values)


def _list_reservations(results: Json, found: Advice) -> Part:
    """Return the claims that the advised way contradicts, and those that are open for it."""
    contradicted = _select_claims(results, found.contradicted)
    undecided = _select_claims(results, found.undecided)
    parts = present(
        listed("but it contradicts {topics}", contradicted),
        listed("this run leaves open {topics}", undecided),
    )
    return Listing(parts) if parts else Phrase("none contradicted or open")


def _select_claims(results: Json, ids: tuple[str, ...]) -> list[Json]:
    return [claim for claim in results["claims"] if claim["id"] in ids]
