"""Draw every picture of a report, and write it as SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.measure.metrics import Evidence
from benchmarks.report.fanout import draw_fanout
from benchmarks.report.pictures import claims, latency, resources
from benchmarks.report.pictures.strips import Strip, draw_strips
from benchmarks.report.pictures.style import STYLE, WIDTH
from benchmarks.report.pictures.svg import themed
from benchmarks.report.pictures.windows import CPU, DELIVERY_LATE, FAILED, THROUGHPUT, TYPING_LATE
from benchmarks.report.values import Json

HEIGHT_INCHES = 3.6

STRIPS = {
    "late": Strip("delivery", DELIVERY_LATE, "deliveries later than 100 ms (%)", 1.0, True, 0.1),
    "typing-late": Strip("typing", TYPING_LATE, "indicators later than 100 ms (%)", 5.0, True, 0.1),
    "cpu": Strip("cpu", CPU, "CPU seconds per 1,000 delivered"),
    "http": Strip("throughput", THROUGHPUT, "requests per second, flat out"),
    "errors": Strip("errors", FAILED, "operations failed or deliveries lost (%)", 0.1, False, 0.01),
}


def figures(evidence: Evidence, results: Json) -> Iterator[tuple[str, Figure]]:
    """Yield the name and the figure of each picture that there is data for."""
    pictures: dict[str, Callable[[Figure], bool]] = {
        "claims": lambda figure: claims.draw_changes(figure, results),
        "late": lambda figure: draw_strips(figure, evidence, results, STRIPS["late"]),
        "latency": lambda figure: latency.draw_delivery(figure, evidence),
        "typing-late": lambda figure: draw_strips(figure, evidence, results, STRIPS["typing-late"]),
        "typing": lambda figure: latency.draw_typing(figure, evidence),
        "memory": lambda figure: resources.draw_memory(figure, evidence),
        "cpu": lambda figure: draw_strips(figure, evidence, results, STRIPS["cpu"]),
        "resources": lambda figure: resources.draw_resources(figure, evidence),
        "capacity": lambda figure: claims.draw_capacity(figure, results),
        "users": lambda figure: latency.draw_users(figure, evidence),
        "http": lambda figure: draw_strips(figure, evidence, results, STRIPS["http"]),
        "http-latency": lambda figure: latency.draw_paced_http(figure, evidence),
        "errors": lambda figure: draw_strips(figure, evidence, results, STRIPS["errors"]),
        "control": lambda figure: claims.draw_control(figure, results),
        "fanout": lambda figure: draw_fanout(figure, evidence),
    }
    with mpl.rc_context(STYLE):
        for name, draw_picture in pictures.items():
            figure = Figure(figsize=(WIDTH, HEIGHT_INCHES), layout="constrained")
            if draw_picture(figure):
                yield name, figure


def draw(folder: Path, evidence: Evidence, results: Json) -> list[str]:
    """Write every picture to a folder; return the names of the files without their extensions."""
    folder.mkdir(exist_ok=True)
    drawn = []
    for name, figure in figures(evidence, results):
        svg = folder / f"{name}.svg"
        figure.savefig(svg, metadata={"Date": None})
        svg.write_text(themed(svg.read_text(encoding="utf-8")), encoding="utf-8")
        figure.savefig(folder / f"{name}.png", dpi=160)
        drawn.append(name)
    return drawn
