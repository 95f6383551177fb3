"""Captions that explain each picture without other text, and the metrics that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.report.answers import name_of, runs_of
from benchmarks.report.language import Phrase
from benchmarks.report.values import Json

BY_METRIC = {
    "delivery": ("late", "latency"),
    "typing": ("typing-late", "typing"),
    "memory": ("memory",),
    "cpu": ("cpu",),
    "resources": ("resources",),
    "capacity": ("capacity", "users"),
    "throughput": ("http", "http-latency"),
    "errors": ("errors",),
}
"""The pictures that show the data behind a claim, by the metric of the claim."""


def _has_latency(run: Json) -> bool:
    return bool(run.get("latency_ms"))


def _has_finite_p99(run: Json) -> bool:
    return _has_latency(run) and run["latency_ms"]["p99"] is not None


def _has_usage(run: Json) -> bool:
    return not run["usage_refused_because"]


def _has_usage_per_delivery(run: Json) -> bool:
    return _has_usage(run) and bool(run.get("received"))


def _has_any(_run: Json) -> bool:
    return True


@dataclass(frozen=True)
class Caption:
    """The title of a picture, what it shows, and the scenario and phase of its windows.

    ``shows`` says whether the picture has a point for a window: not every window has a value.
    """

    title: str
    text: str
    scenario: str = ""
    phase: str = ""
    shows: Callable[[Json], bool] = _has_any


CAPTIONS = {
    "claims": Caption(
        "Measured change against the claim",
        "Of each claim about a change, the change from {baseline} to {candidate} in percent: the "
        "circle is the value, the line its 95 % interval, the upright bar what is claimed. The "
        "scale is linear up to 100 % and logarithmic beyond.",
    ),
    "late": Caption(
        "Deliveries later than 100 ms",
        "Share of deliveries that took longer than 100 ms, in percent. Each of the {windows} "
        "points is one window; the points of one start ({starts} in all) share a height. The "
        "band is the 95 % interval. Left of the dashed line, at 1 %, the 99th percentile is "
        "under 100 ms. The scale is logarithmic above 0.1 %.",
        "delivery",
        "loaded",
        shows=_has_latency,
    ),
    "latency": Caption(
        "How long a message takes",
        "Share of deliveries, in percent, that arrived within a time, in ms and logarithmic, "
        "from the intended send to receipt by each other member; all {windows} valid windows "
        "of {starts} starts together. A curve that ends below 100 % belongs to a server that "
        "lost the rest. The dashed line is at 100 ms; the dotted ones are what polling "
        "takes with an infinitely fast server, and what the harness itself takes.",
        "delivery",
        "loaded",
        shows=_has_latency,
    ),
    "typing-late": Caption(
        "Typing indicators later than 100 ms",
        "Share of typing indicators that appeared later than 100 ms, in percent. Each of the "
        "{windows} points is one window; the points of one start ({starts} in all) share a "
        "height. The band is the 95 % interval, the dashed line is at 5 %. The scale is "
        "logarithmic above 0.1 %.",
        "typing",
        shows=_has_latency,
    ),
    "typing": Caption(
        "How long a typing indicator takes",
        "Share of typing indicators, in percent, that appeared within a time, in ms and "
        "logarithmic; all {windows} valid windows of {starts} starts together. The dashed line "
        "is at 100 ms.",
        "typing",
        shows=_has_latency,
    ),
    "memory": Caption(
        "Memory",
        "Memory in MiB as PSS, so that shared pages count once: all processes of the server "
        "and, paler, Redis. The number is the mean over the windows, each of which is a thin "
        "upright line ({windows} loaded windows of {starts} starts).",
        "delivery",
        "loaded",
        shows=_has_usage,
    ),
    "cpu": Caption(
        "CPU per delivered message",
        "CPU seconds of all server processes and Redis for each 1,000 delivered messages. Each "
        "of the {windows} points is one window; the points of one start ({starts} in all) share "
        "a height. The band is the 95 % interval.",
        "delivery",
        "loaded",
        shows=_has_usage_per_delivery,
    ),
    "resources": Caption(
        "Memory against CPU",
        "Each of the {windows} points is one window, of {starts} starts: its memory in MiB "
        "against its CPU seconds for each 1,000 delivered messages. Less of both is better.",
        "delivery",
        "loaded",
        shows=_has_usage_per_delivery,
    ),
    "capacity": Caption(
        "How many users are served well",
        "A line for each start: from the most users that were served well, the symbol, to the "
        "fewest that were not, the upright bar. An arrow means that the search ended before "
        "the server's limit was found.",
    ),
    "users": Caption(
        "Latency against users",
        "99th percentile of delivery latency, in ms and logarithmic, against the number of "
        "users. Each of the {windows} points is one window; lines join the windows of one start "
        "only ({starts} in all). Dashed: the limits of the transports.",
        "capacity",
        shows=_has_finite_p99,
    ),
    "http": Caption(
        "Plain HTTP throughput",
        "Requests per second, flat out. Each of the {windows} points is one window; the points "
        "of one start ({starts} in all) share a height. The band is the 95 % interval. A way "
        "marked so reached at least this: it was not used to its limit.",
        "http",
        "full",
    ),
    "http-latency": Caption(
        "HTTP latency at one pace",
        "Share of requests, in percent, answered within a time, in ms and logarithmic, at the "
        "same pace for each way of serving; {windows} windows of {starts} starts together.",
        "http",
        "paced",
    ),
    "errors": Caption(
        "Failed or lost",
        "Share of operations that failed and deliveries that were lost, in percent. Each of the "
        "{windows} points is one window, of {starts} starts; the band is the 95 % interval, the "
        "dashed line is at 0.1 %. The scale is logarithmic above 0.01 %.",
        "delivery",
        "loaded",
    ),
    "control": Caption(
        "The same server against itself",
        "The baseline is started twice under the same plan: by how many percent its second "
        "starts differ from its first, with the 95 % interval. If it lies off zero, the verdicts "
        "that are less than twice as far from their thresholds are withdrawn.",
    ),
    "fanout": Caption(
        "Fan-out: one busy room",
        "Deliveries per second that each server holds with everybody in one room, and its "
        "latency in ms against the rate asked for, both logarithmic; dashed: the limit.",
        "fanout",
    ),
}


def caption(name: str, results: Json) -> Phrase:
    """Return the caption of a picture, filled with the values of a run."""
    found = CAPTIONS[name]
    windows = [
        run
        for run in runs_of(results, found.scenario)
        if run["valid"] and found.phase in {"", run["phase"]} and found.shows(run)
    ]
    first = results["claims"][0] if results["claims"] else {"baseline": "", "candidate": ""}
    values = {
        "windows": str(len(windows)),
        "starts": str(len({(name_of(run), run["repeat"]) for run in windows})),
        "baseline": first["baseline"],
        "candidate": first["candidate"],
    }
    return Phrase(found.text, values)
