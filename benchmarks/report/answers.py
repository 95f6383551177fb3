"""Look up claims, ways of serving and windows in the data of results.json."""

from __future__ import annotations

from benchmarks.report.language import Part, Phrase
from benchmarks.report.values import Json

GAINED = frozenset({"reproduced", "exceeded"})
UNDECIDED = frozenset({"inconclusive", "invalid"})
VERDICTS = (
    *("exceeded", "reproduced", "partly", "at the limit", "not reproduced", "contradicted"),
    *("inconclusive", "invalid"),
)

CAPABILITIES = frozenset({"websocket", "http2"})
"""Metrics that say whether a server offers a protocol, not how well it performs."""


def ways(results: Json) -> list[str]:
    """Return the ways of serving that have an answer to a claim, in the order of the results."""
    found = [answer["server"] for claim in results["claims"] for answer in claim["answers"]]
    return list(dict.fromkeys(found))


def answer_of(claim: Json, server: str) -> Json | None:
    """Return a claim's answer for a way of serving; None if there is none."""
    found: list[Json] = [one for one in claim["answers"] if one["server"] == server]
    return found[0] if found else None


def is_measured(answer: Json | None) -> bool:
    """Return whether anything was measured for an answer, valid or not."""
    return answer is not None and bool(answer["starts"] or answer["left_out"])


def is_judged(results: Json) -> bool:
    """Return whether the run measured anything for at least one claim."""
    return any(is_measured(one) for claim in results["claims"] for one in claim["answers"])


def is_pair_measured(claim: Json) -> bool:
    """Return whether the baseline and the candidate of a claim were both measured."""
    pair = (claim["baseline"], claim["candidate"])
    return all(is_measured(answer_of(claim, server)) for server in pair)


def measured_ways(results: Json) -> list[str]:
    """Return the ways of serving that were measured for at least one claim."""
    return [
        server
        for server in ways(results)
        if any(is_measured(answer_of(claim, server)) for claim in results["claims"])
    ]


def find_claim(results: Json, metric: str) -> Json | None:
    """Return the first claim about a metric; None if no claim is about it."""
    found: list[Json] = [one for one in results["claims"] if one["metric"] == metric]
    return found[0] if found else None


def runs_of(results: Json, scenario: str, server: str = "") -> list[Json]:
    """Return the windows of a scenario, of one server or of all."""
    return [
        run
        for run in results["runs"]
        if run["scenario"] == scenario and server in {"", run["server"]}
    ]


def arm_of(run: Json) -> str:
    """Return "control" for a window of the baseline's second starts, else an empty string."""
    return str(run["arm"])


def name_of(run: Json) -> str:
    """Return the server of a window, marked as the control if it is the control."""
    return f"{run['server']} ({arm_of(run)})" if arm_of(run) else str(run["server"])


def label_of(run: Json) -> Part:
    """Return the same as ``name_of``, as part of a sentence that can be translated."""
    if not arm_of(run):
        return str(run["server"])
    return Phrase("{server} (control)", {"server": run["server"]})


def transport_of(results: Json, server: str) -> str:
    """Return the transport of a way of serving; empty if no window of it was recorded."""
    return next((run["transport"] for run in results["runs"] if run["server"] == server), "")


def needs_redis(results: Json, server: str) -> bool:
    """Return whether Redis used memory while a way of serving was measured."""
    return any(run["pss_mib"].get("redis") for run in results["runs"] if run["server"] == server)
