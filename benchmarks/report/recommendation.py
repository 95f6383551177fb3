"""Which way of serving a report advises to run, in words: what it is, and by which rule."""

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
"""What each way of serving is, in one clause."""

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
    """Return what to run, by which rule, and what decided between it and the next."""
    return present(_run_this(results, found), *_rule(results, found), _decision(found))


def _run_this(results: Json, found: Advice) -> Phrase | None:
    if not found.server:
        return Phrase("This run supports no advice on what to run.")
    count = str(len(measured_ways(results)))
    if found.keep:
        text = "Keep {server}: no other of the {count} ways of serving gains what is claimed."
        return Phrase(text, {"server": found.server, "count": count})
    values: dict[str, Part] = {
        "server": _introduced(found.server),
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


def _introduced(server: str) -> Part:
    """Return the name of a way of serving, with what it is."""
    if server not in SERVERS:
        return server
    return Phrase(
        "{server} ({what})",
        {"server": server, "what": Phrase(SERVERS[server], {"tuned": "daphne-tuned"})},
    )


def _rule(results: Json, found: Advice) -> tuple[Phrase | None, ...]:
    """Return by which rule one way is best; it does not apply where an old server suffices."""
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


def _decision(found: Advice) -> Phrase | None:
    """Return what decided between the best way and the next."""
    decision = found.decision
    if decision is None or found.instead_of:
        return None
    values: dict[str, Part] = {
        "other": _introduced(decision.other),
        "what": Phrase(DECISIONS[decision.step]),
        "own": number(decision.own),
        "theirs": number(decision.theirs),
    }
    text = "Next comes {other}. What decides between the two: {what}, {own} against {theirs}."
    return Phrase(text, values)


def _reservations(results: Json, found: Advice) -> Part:
    """Return what speaks against the advised way: what it contradicts, and what is open."""
    contradicted = _by_id(results, found.contradicted)
    undecided = _by_id(results, found.undecided)
    parts = present(
        listed("but it contradicts {topics}", contradicted),
        listed("this run leaves open {topics}", undecided),
    )
    return Listing(parts) if parts else Phrase("none contradicted or open")


def _by_id(results: Json, wanted: tuple[str, ...]) -> list[Json]:
    return [claim for claim in results["claims"] if claim["id"] in wanted]
