"""Data for the sections of a report: starts, windows that do not count, health, activities."""

from __future__ import annotations

import math

from benchmarks.report.answers import label_of, name_of
from benchmarks.report.language import Part, Phrase
from benchmarks.report.values import Json


def starts_of(results: Json, scenario: str) -> list[Json]:
    """Return a record for each start of each server: a summary of its windows of a scenario."""
    found: dict[tuple[str, int], list[Json]] = {}
    for run in results["runs"]:
        if run["scenario"] == scenario:
            found.setdefault((name_of(run), run["repeat"]), []).append(run)
    return [
        _summarise_start(server, repeat, windows) for (server, repeat), windows in found.items()
    ]


def left_out(results: Json) -> list[Json]:
    """Return the windows that do not count, except those of the fan-out: it has its own table."""
    return [run for run in results["runs"] if not run["valid"] and run["scenario"] != "fanout"]


def faulty(results: Json) -> list[Json]:
    """Return the windows in which the server did something wrong.

    Windows of the capacity and fan-out searches are left out: a search runs until one fails.
    """
    searches = {"capacity", "fanout"}
    return [run for run in results["runs"] if run["faults"] and run["scenario"] not in searches]


def health_names(results: Json) -> list[str]:
    """Return the names of all health figures of the generator, over all windows."""
    return list(dict.fromkeys(name for run in results["runs"] for name in run["generator"]))


COUNTED = frozenset({"scale", "storing", "restart"})
"""Scenarios of which counts and times in seconds are used even if the generator paused."""


def refusal(run: Json) -> Phrase:
    """Return what a failure of the instrument takes out of a window: everything, or latencies."""
    is_counted = run["scenario"] in COUNTED
    return Phrase("its latencies do not count" if is_counted else "it does not count")


HEALTH = {
    "cpu_percent": "CPU of a generator, %",
    "loop_lag_ms_p99": "lag of its event loop, ms (p99)",
    "longest_pause_ms": "its longest pause, ms",
    "schedule_slip_ms_p99": "its slip behind the schedule, ms (p99)",
}
"""Labels for the health figures of the generator, by name."""


def health_label(name: str) -> Part:
    """Return the label for a health figure of the generator."""
    return Phrase(HEALTH[name]) if name in HEALTH else name


PHASES = {"floor": "at the load of the claims", "ceiling": "far above the load of the claims"}
"""Labels for the phases of the measurement against a server that does nothing, by name."""


def phase_label(name: str) -> Part:
    """Return the label for a phase of the measurement against a server that does nothing."""
    return Phrase(PHASES[name]) if name in PHASES else name


def by_activity(results: Json) -> list[Json]:
    """Return the seconds and the share of time of each activity, the longest first."""
    seconds: dict[str, float] = {}
    for row in results["timeline"]:
        seconds[row["activity"]] = seconds.get(row["activity"], 0.0) + row["seconds"]
    total = sum(seconds.values())
    return [
        {"activity": activity, "seconds": spent, "percent": spent / total * 100}
        for activity, spent in sorted(seconds.items(), key=lambda item: -item[1])
        if total
    ]


def _summarise_start(server: str, repeat: int, windows: list[Json]) -> Json:
    counted = [run for run in windows if run["valid"]]
    timed = [run["latency_ms"] for run in counted if run.get("latency_ms")]
    return {
        "server": server,
        "label": label_of(windows[0]),
        "repeat": repeat,
        "windows": len(windows),
        "counted": len(counted),
        **{
            name: sum(run.get(name, 0) for run in windows)
            for name in ("sent", "expected", "lost", "duplicated", "reordered")
        },
        "p50": _find_range([one["p50"] for one in timed]),
        "p99": _find_range([one["p99"] for one in timed]),
    }


def _find_range(values: list[float | None]) -> tuple[float, float] | None:
    """Return the least and the greatest value, which may be infinite; None if there is none."""
    known = [math.inf if value is None else value for value in values]
    return (min(known), max(known)) if known else None
