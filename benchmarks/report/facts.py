"""Word one claim as a part of a sentence: its topic, its figures, and its deciding criteria."""

from __future__ import annotations

from benchmarks.report.answers import answer_of
from benchmarks.report.formats import bare_quantity, bounded, change, number, quantity, with_unit
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
"""The name of what a claim is about, by metric."""

MEASURES = {
    ("delivery", "ms"): "{value} ms until delivery ({statistic})",
    ("typing", "ms"): "{value} ms until it appears ({statistic})",
    ("cpu", "CPU s/1,000"): "{value} s of CPU per 1,000 delivered messages",
    ("capacity", "users"): "{value} users",
    ("errors", "%"): "{value} % of operations failed or lost",
    ("throughput", "req/s"): "{value} requests/s",
    ("resources", "index"): "{value} index points",
}
"""Templates for a value, by metric and unit, where the number and its unit are not enough."""

FACTS = {
    (True, True): "{topic} ({new} instead of {old}, {change}; claimed: {claimed})",
    (True, False): "{topic} ({new} instead of {old}, {change})",
    (False, True): "{topic} ({new} instead of {old}; claimed: {claimed})",
    (False, False): "{topic} ({new} instead of {old})",
}
"""Templates for the figures of a claim.

The key is whether there is a change, and whether the claimed value is named.
"""

FAILED = frozenset({"falls short", "missed", "opposite"})
DECISIVE = {
    "partly": FAILED,
    "not reproduced": FAILED,
    "contradicted": FAILED,
    "at the limit": frozenset({"at the limit"}),
}
"""The outcomes of criteria that decide a claim, by its verdict."""

CHANGES = {
    (True, False): "{new} instead of {old}, {change}, claimed is {bound}",
    (False, False): "{new} instead of {old}, claimed is {bound}",
    (True, True): "{new} instead of {old}, {change}, the opposite of the claim ({bound})",
    (False, True): "{new} instead of {old}, the opposite of the claim ({bound})",
}
"""Templates for a criterion about the change.

The key is whether the change is finite, and whether it is the opposite of the claim.
"""

BOUNDS_OF_CHANGE = {
    ("at_least", True): "at least {percent} more",
    ("at_least", False): "at most {percent} less",
    ("at_most", True): "at most {percent} more",
    ("at_most", False): "at least {percent} less",
}
"""Templates for the threshold of a change, by its kind and whether it is a rise."""

OF_CANDIDATE = {
    "at_most": "{seen}, claimed is at most {bound}",
    "at_least": "{seen}, claimed is at least {bound}",
}
OF_BASELINE = {
    "at_most": "{baseline} is not as bad as claimed: {seen}, claimed is at most {bound}",
    "at_least": "{baseline} is not as bad as claimed: {seen}, claimed is at least {bound}",
}
OF_BASELINE_ALONE = {
    "at_most": "{candidate} is as claimed, but {baseline} is not as bad: {seen}, claimed is at "
    "most {bound}",
    "at_least": "{candidate} is as claimed, but {baseline} is not as bad: {seen}, claimed is at "
    "least {bound}",
}
"""These three: templates for a criterion about one server, by the kind of its threshold."""


def topic_of(claim: Json) -> Part:
    """Return what a claim is about, as part of a sentence."""
    known = TOPICS.get(claim["metric"])
    return Phrase(known) if known else str(claim["id"])


def worded_value(claim: Json, answer: Json) -> Part:
    """Return a value in words that say what was measured."""
    worded = MEASURES.get((claim["metric"], claim["unit"]))
    if worded is None or answer["value"] is None:
        return quantity(answer, claim["unit"])
    values = {"value": number(answer["value"]), "statistic": claim["statistic"]}
    return bounded(Phrase(worded, values), answer["bound"])


def fact(claim: Json, *, with_claimed: bool = False) -> Phrase:
    """Return a claim's figures: the new value, the old one, and the change if it has one."""
    _old, new = _find_answers(claim)
    values: dict[str, Part] = {
        "topic": topic_of(claim),
        **_word_values(claim),
        "claimed": Data(claim["claimed"]["change"] or claim["claimed"]["new"]),
    }
    has_change = new["change_percent"] is not None
    return Phrase(FACTS[has_change, with_claimed], values, (claim["id"],))


def deciding_fact(claim: Json) -> Phrase:
    """Return why a claim is not gained: the criteria that decided its verdict."""
    _old, new = _find_answers(claim)
    deciding = [one for one in new["criteria"] if one["outcome"] in DECISIVE[claim["verdict"]]]
    if not deciding:
        whole = fact(claim, with_claimed=True)
        if claim["verdict"] != "contradicted":
            return whole
        return Phrase("{fact}, the opposite of the claim", {"fact": whole}, whole.claims)
    found = tuple(_word_criterion(claim, criterion) for criterion in deciding)
    values: dict[str, Part] = {
        "topic": topic_of(claim),
        "facts": Listing(found, ", and ", ", and "),
    }
    return Phrase("{topic}: {facts}", values, (claim["id"],))


def _find_answers(claim: Json) -> tuple[Json, Json]:
    """Return the answers of the baseline and of the candidate."""
    old, new = answer_of(claim, claim["baseline"]), answer_of(claim, claim["candidate"])
    assert old is not None, "only claims whose two sides were measured are worded"
    assert new is not None, "only claims whose two sides were measured are worded"
    return old, new


def _word_values(claim: Json) -> dict[str, Part]:
    """Return the new value, the old one and the change; only the old value has its unit."""
    old, new = _find_answers(claim)
    unit = claim["unit"]
    return {
        "new": bare_quantity(new) if unit else quantity(new, unit),
        "old": worded_value(claim, old),
        "change": change(new),
    }


def _word_criterion(claim: Json, criterion: Json) -> Phrase:
    is_change = criterion["of"] == "change"
    return _word_change(claim, criterion) if is_change else _word_server(claim, criterion)


def _word_change(claim: Json, criterion: Json) -> Phrase:
    """Return a criterion about the change, in words."""
    _old, new = _find_answers(claim)
    kind = _find_kind(criterion)
    percent = f"{abs(criterion[kind]):g} %"
    bound = Phrase(BOUNDS_OF_CHANGE[kind, criterion[kind] >= 0], {"percent": percent})
    text = CHANGES[new["change_percent"] is not None, criterion["outcome"] == "opposite"]
    return Phrase(text, {**_word_values(claim), "bound": bound})


def _word_server(claim: Json, criterion: Json) -> Phrase:
    """Return a criterion about one server, in words."""
    old, new = _find_answers(claim)
    kind = _find_kind(criterion)
    is_share = criterion["later_than"] is not None
    values: dict[str, Part] = {
        "baseline": claim["baseline"],
        "candidate": claim["candidate"],
        "bound": with_unit(f"{criterion[kind]:,g}", "%" if is_share else claim["unit"]),
    }
    if is_share:
        percent, limit = f"{number(criterion['value'])} %", number(criterion["later_than"])
        share = {"percent": percent, "limit": limit}
        values["seen"] = Phrase("{percent} come later than {limit} ms", share)
    else:
        values["seen"] = worded_value(claim, old if criterion["of"] == "baseline" else new)
    if criterion["of"] != "baseline":
        return Phrase(OF_CANDIDATE[kind], values)
    if claim["metric"] == "errors" and kind == "at_least" and not old["value"] and not new["value"]:
        text = (
            "{candidate} has no errors, but neither has {baseline}, of whose operations at least "
            "{bound} fail according to the claim"
        )
        return Phrase(text, values)
    others = [each["outcome"] for each in new["criteria"] if each["of"] != "baseline"]
    is_alone = bool(others) and set(others) <= {"met", "exceeded"}
    return Phrase((OF_BASELINE_ALONE if is_alone else OF_BASELINE)[kind], values)


def _find_kind(criterion: Json) -> str:
    """Return the kind of a criterion's threshold."""
    return "at_most" if criterion["at_most"] is not None else "at_least"


def present(*phrases: Phrase | None) -> tuple[Phrase, ...]:
    """Return the phrases that are not None."""
    return tuple(phrase for phrase in phrases if phrase)


def ids_of(claims: list[Json]) -> tuple[str, ...]:
    """Return the ids of claims."""
    return tuple(claim["id"] for claim in claims)


def topics_of(claims: list[Json]) -> Listing:
    """Return what claims are about, as a list within a sentence."""
    return Listing(tuple(topic_of(claim) for claim in claims))


def listed(text: str, claims: list[Json]) -> Phrase | None:
    """Return a sentence that lists the topics of claims; None if there are none."""
    return Phrase(text, {"topics": topics_of(claims)}, ids_of(claims)) if claims else None
