"""What the sections of a report show, as data: starts, windows that did not count, health."""

from __future__ import annotations

from benchmarks.report.answers import label_of, name_of
from benchmarks.report.values import Json


def starts_of(results: Json, scenario: str) -> list[Json]:
    """Return a record for each start of each server: its windows of a scenario together."""
    found: dict[tuple[str, int], list[Json]] = {}
    for run in results["runs"]:
        if run["scenario"] == scenario:
            found.setdefault((name_of(run), run["repeat"]), []).append(run)
    return [_start(server, repeat, windows) for (server, repeat), windows in found.items()]


def left_out(results: Json) -> list[Json]:
    """Return the windows that do not count; the fan-out's own table has its tries."""
    return [run for run in results["runs"] if not run["valid"] and run["scenario"] != "fanout"]


def faulty(results: Json) -> list[Json]:
    """Return the windows in which the server did something wrong.

    Those of a search for the capacity are not among them: it goes on until one fails.
    """
    searches = {"capacity", "fanout"}
    return [run for run in results["runs"] if run["faults"] and run["scenario"] not in searches]


def health_names(results: Json) -> list[str]:
    """Return what was recorded of the generator's health, over all windows."""
    return list(dict.fromkeys(name for run in results["runs"] for name in run["generator"]))


def by_activity(results: Json) -> list[Json]:
    """Return where the time went: seconds by activity, the longest first, with its share."""
    seconds: dict[str, float] = {}
    for row in results["timeline"]:
        seconds[row["activity"]] = seconds.get(row["activity"], 0.0) + row["seconds"]
    total = sum(seconds.values())
    return [
        {"activity": activity, "seconds": spent, "percent": spent / total * 100}
        for activity, spent in sorted(seconds.items(), key=lambda item: -item[1])
        if total
    ]


def _start(server: str, repeat: int, windows: list[Json]) -> Json:
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
        "p50": _range([one["p50"] for one in timed]),
        "p99": _range([one["p99"] for one in timed]),
    }


def _range(values: list[float | None]) -> tuple[float, float | None] | None:
    """Return the least and the greatest value; the greatest is None where one is infinite."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    return min(known), None if None in values else max(known)
