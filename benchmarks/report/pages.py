"""report.md and report.html: templates over results.json, no number typed by hand."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from benchmarks.report.values import Json

PICTURES = {
    "latency": (
        "How long a message takes",
        (
            "Cumulative share of deliveries over latency, on a logarithmic axis: {servers}, "
            "the theoretical curve of polling, and the harness's own share."
        ),
    ),
    "users": (
        "Latency against users",
        "Median and 99th percentile of delivery latency as the number of users grows.",
    ),
    "resources": (
        "Memory and CPU",
        "Memory idle and under load, and CPU seconds for each thousand delivered messages.",
    ),
    "http": ("Plain HTTP", "Requests per second flat out, and latency at the same pace."),
    "fanout": (
        "Fan-out: one loud room",
        (
            "Deliveries per second held by each server with everybody in one room, and latency "
            "against the rate, both axes logarithmic; dashed: the limit."
        ),
    ),
    "claims": (
        "Claims against measurements",
        "For each claim, the measured change with its 95 % interval against what is claimed.",
    ),
}


def write_pages(run: Path, found: Json, plots: list[str]) -> None:
    """Write both pages of a run."""
    environment = Environment(
        loader=PackageLoader("benchmarks.report"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": number, "interval": interval, "ratio": ratio}
    servers = " and ".join(sorted({one["server"] for one in _of(found, "delivery")}))
    pictures = [
        {
            "name": name,
            "title": PICTURES[name][0],
            "alt": PICTURES[name][1].format(servers=servers),
            "data": _data_uri(run / "plots" / f"{name}.svg"),
        }
        for name in plots
    ]
    context: dict[str, Any] = {
        "results": found,
        "judged": is_judged(found),
        "pictures": pictures,
        "delivery": _of(found, "delivery"),
        "floor": _of(found, "floor"),
        "invalid": [one for one in _told_apart(found) if not one["valid"]],
        "faulty": [
            one for one in _told_apart(found) if one["faults"] and one["scenario"] != "capacity"
        ],
    }
    for page in ("report.md", "report.html"):
        text = environment.get_template(f"{page}.jinja").render(context)
        (run / page).write_text(text, encoding="utf-8")


def is_judged(found: Json) -> bool:
    """Return whether anything was measured that a claim is about."""
    return any(any(claim["repeats"]) for claim in found["claims"])


def number(value: float | None, digits: int = 3) -> str:
    """Return a number to so many significant digits, for people to read."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"


def interval(bounds: list[float | None] | None, unit: str = "") -> str:
    """Return an interval for people to read."""
    if not bounds:
        return "–"
    low, high = bounds
    return f"[{number(low)}, {number(high)}]{unit}"


def ratio(of: Json | None) -> str:
    """Return a ratio, or the bound that is known of it, for people to read."""
    if of is None:
        return ""
    bound = "at least " if of["at_least"] else "at most " if of["at_most"] else ""
    return f"{bound}{number(of['value'])}"


def _of(found: Json, scenario: str) -> list[Json]:
    return [one for one in found["runs"] if one["scenario"] == scenario]


def _told_apart(found: Json) -> list[Json]:
    """Return the runs but those of the fan-out, whose table says what became of each repeat."""
    return [one for one in found["runs"] if one["scenario"] != "fanout"]


def _data_uri(svg: Path) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.read_bytes()).decode()
