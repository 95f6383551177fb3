"""Explain a verdict in a sentence for a page, made from the data of results.json.

The sentence says in any language what the ``why`` of results.json says in English. It formats
figures like the rest of the page. A test compares the two texts.
"""

from __future__ import annotations

from benchmarks.measure.intervals import REPORTED_LEVEL
from benchmarks.measure.verdicts import Outcome, verdict
from benchmarks.report.answers import CAPABILITIES, answer_of
from benchmarks.report.formats import (
    NOTHING,
    bounded,
    interval,
    number,
    p_value,
    with_interval,
    with_unit,
)
from benchmarks.report.language import Listing, Part, Phrase
from benchmarks.report.reasons import worded, worded_all
from benchmarks.report.values import Json

SO_FAR = " So far: "

CLAIMED = {
    ("at_most", False): "{subject}: {seen}, claimed at most {bound}: {outcome}.",
    ("at_least", False): "{subject}: {seen}, claimed at least {bound}: {outcome}.",
    ("at_most", True): "{subject}: {seen} at {percent}, claimed at most {bound}: {outcome}.",
    ("at_least", True): "{subject}: {seen} at {percent}, claimed at least {bound}: {outcome}.",
}
"""Templates for a criterion.

The key is the kind of its threshold, and whether the level of the interval is named.
"""


def why(claim: Json, answer: Json) -> Part:
    """Return why an answer has its verdict; a baseline has a reason only if it has no starts."""
    baseline = answer_of(claim, claim["baseline"])
    assert baseline is not None, "a claim has an answer for its baseline"
    for side in (baseline, answer):
        if not side["starts"]:
            return _explain_missing(side)
    if claim["metric"] in CAPABILITIES:
        return _explain_offer(baseline, answer)
    sentences = [_word_criterion(claim, answer, criterion) for criterion in answer["criteria"]]
    return Listing((*_explain_undecided(claim, answer), *sentences), " ", " ")


def criterion_label(one: Json) -> Part:
    """Return what a criterion is about, as the label of a row in a table."""
    if one["later_than"] is None:
        return Phrase(one["of"])
    values: dict[str, Part] = {"of": Phrase(one["of"]), "limit": number(one["later_than"])}
    return Phrase("{of} (% later than {limit} ms)", values)


def decided_at(answer: Json) -> Phrase | None:
    """Return the level that decided an answer; None if 95 % did, or nothing was tested."""
    holm = answer["holm"]
    if holm is None or answer["p_value"] is None or holm["level"] >= REPORTED_LEVEL:
        return None
    text = (
        "Decided by the interval at {percent}, which is wider than the one at {shown} shown here: "
        "this is number {rank} of {count} claims (Holm; {p})."
    )
    values: dict[str, Part] = {
        "shown": f"{(1 - REPORTED_LEVEL) * 100:.3g} %",
        "percent": f"{(1 - holm['level']) * 100:.3g} %",
        "rank": str(holm["rank"]),
        "count": str(holm["of"]),
        "p": p_value(answer["p_value"]),
    }
    return Phrase(text, values)


def _explain_missing(side: Json) -> Phrase:
    reasons = worded_all(side["left_out"]) if side["left_out"] else Phrase("it was not measured")
    text = "No window of {server} counts: {reasons}."
    return Phrase(text, {"server": side["server"], "reasons": reasons})


def _explain_offer(baseline: Json, answer: Json) -> Phrase:
    values = {"server": answer["server"], "baseline": baseline["server"]}
    if answer["verdict"] == "inconclusive":
        return Phrase("The probes of one server disagree.")
    if not answer["value"]:
        return Phrase("{server} does not offer it.", values)
    if baseline["value"]:
        return Phrase("{server} offers it, but so does {baseline}.", values)
    return Phrase("{server} offers it, {baseline} does not.", values)


def _explain_undecided(claim: Json, answer: Json) -> tuple[Part, ...]:
    """Return why the criteria decide nothing, as sentences before them; empty if they decide."""
    if answer["downgraded"]:
        return _explain_downgrade(claim, answer)
    if answer["verdict"] != "inconclusive":
        return ()
    if answer["holm"] is None:
        return (worded(answer["why"].partition(SO_FAR)[0]), Phrase("So far:"))
    return (_explain_not_settled(answer),)


def _explain_downgrade(claim: Json, answer: Json) -> tuple[Part, ...]:
    """Return that the baseline differs from itself, and what the verdict would be otherwise."""
    control = claim["control"]
    seen = with_interval(number(control["change_percent"]), "%", interval(control["ci95"]))
    otherwise = verdict([(one["of"], Outcome(one["outcome"])) for one in answer["criteria"]])
    return (
        Phrase(
            "{baseline} differs from itself by {seen} in this run, which is too much to judge "
            "this by.",
            {"baseline": claim["baseline"], "seen": seen},
        ),
        Phrase("Otherwise it would be {verdict}:", {"verdict": Phrase(otherwise.value)}),
    )


def _explain_not_settled(answer: Json) -> Phrase:
    """Return why Holm's correction leaves an answer open."""
    holm = answer["holm"]
    values: dict[str, Part] = {"rank": str(holm["rank"]), "count": str(holm["of"])}
    if answer["p_value"] > holm["level"]:
        text = "Not settled: {p}, needed is {level} as number {rank} of {count} claims (Holm)."
        values |= {"p": p_value(answer["p_value"]), "level": number(holm["level"], 2)}
    else:
        text = (
            "Not settled: number {rank} of {count} claims (Holm), and one before it is not either."
        )
    return Phrase(text, values)


def _word_criterion(claim: Json, answer: Json, criterion: Json) -> Phrase:
    """Return a criterion in words: its value, its threshold and its outcome."""
    is_percent = criterion["of"] == "change" or criterion["later_than"] is not None
    unit = "%" if is_percent else claim["unit"]
    # An open criterion shows the interval that a decision needs, which may be wider than 95 %.
    needed = criterion["needed"] if criterion["outcome"] == Outcome.OPEN.value else None
    value = "∞" if criterion["value_unbounded"] else number(criterion["value"])
    bounds = interval(needed["interval"] if needed else criterion["ci95"])
    kind = "at_most" if criterion["at_most"] is not None else "at_least"
    side = _find_bound(claim, answer, criterion)
    values: dict[str, Part] = {
        "subject": _name_subject(claim, answer, criterion),
        "seen": value if value == NOTHING else bounded(with_interval(value, unit, bounds), side),
        "bound": with_unit(f"{criterion[kind]:,g}", unit),
        "outcome": Phrase(criterion["outcome"]),
    }
    is_named = needed is not None and needed["percent"] != 95
    if needed and is_named:
        values["percent"] = f"{needed['percent']:.4g} %"
    return Phrase(CLAIMED[kind, is_named], values)


def _find_bound(claim: Json, answer: Json, criterion: Json) -> str:
    """Return whether the value of a criterion is only a bound: "at least", "at most", or empty."""
    if criterion["of"] == "change":
        return str(answer["change_bound"])
    if criterion["later_than"] is not None:
        return ""
    side = answer_of(claim, claim["baseline"]) if criterion["of"] == "baseline" else answer
    return str(side["bound"]) if side else ""


def _name_subject(claim: Json, answer: Json, criterion: Json) -> Part:
    """Return what a criterion is about: the change, a server, or its late deliveries."""
    if criterion["of"] == "change":
        return Phrase("Change")
    server = claim["baseline"] if criterion["of"] == "baseline" else answer["server"]
    if criterion["later_than"] is None:
        return str(server)
    limit = f"{number(criterion['later_than'])} ms"
    return Phrase("{server}, later than {limit}", {"server": server, "limit": limit})
