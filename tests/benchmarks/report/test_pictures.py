"""Test the pictures: no text overlaps, servers differ, and lost deliveries lower a curve."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from benchmarks.report.pictures.draw import draw, figures
from benchmarks.report.pictures.latency import cumulate
from benchmarks.report.pictures.style import DARK, SERVER_STYLES
from benchmarks.report.pictures.svg import inlined
from tests.benchmarks.report.evidence_builder import STARTS, build_evidence
from tests.benchmarks.report.results_builder import VERDICTS, WAYS, build_results, with_answer

NAMES = {
    *("claims", "late", "latency", "typing-late", "typing", "memory", "cpu", "resources"),
    *("capacity", "users", "http", "http-latency", "errors", "control"),
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    results = with_answer(build_results(), "throughput", "split", bound="at least")
    found = {}
    for name, figure in figures(build_evidence(), results):
        FigureCanvasAgg(figure).draw()
        found[name] = figure
    return found


def texts(figure: Figure) -> Iterator[tuple[str, Bbox]]:
    """Yield each text that is drawn, and its bounding box."""
    for artist in _artists(figure):
        text, box = artist.get_text().strip(), artist.get_window_extent()
        if text and artist.get_visible():
            yield text, box


def _artists(figure: Figure) -> Iterator[Text]:
    yield from figure.texts
    for legend in figure.legends:
        yield from legend.get_texts()
    for axes in figure.axes:
        yield from (*axes.texts, axes.title)
        for axis in (axes.xaxis, axes.yaxis):
            yield axis.label
            low, high = sorted(axis.get_view_interval())
            # A tick beyond the end of its axis is not drawn.
            labels = zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
            yield from (label for where, label in labels if low <= where <= high)


def overlapping(figure: Figure) -> list[str]:
    return [
        f"{one!r} and {other!r}"
        for (one, box), (other, other_box) in combinations(list(texts(figure)), 2)
        if box.overlaps(other_box.padded(-1))
    ]


def test_every_picture_is_drawn_from_evidence_of_every_scenario(drawn: dict[str, Figure]) -> None:
    assert set(drawn) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_no_text_overlaps_another_or_is_cut_off(drawn: dict[str, Figure], name: str) -> None:
    figure = drawn[name]
    assert overlapping(figure) == []
    for text, box in texts(figure):
        inside = figure.bbox.padded(1)
        assert inside.contains(box.x0, box.y0), text
        assert inside.contains(box.x1, box.y1), text


def test_overlapping_texts_are_detected() -> None:
    figure = Figure()
    axes = figure.subplots()
    axes.text(0.5, 0.5, "one text")
    axes.text(0.52, 0.5, "another text")
    FigureCanvasAgg(figure).draw()
    assert overlapping(figure) == ["'one text' and 'another text'"]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_no_verdict_is_too_long_for_its_picture(verdict: str) -> None:
    results = build_results(dict.fromkeys(("delivery-latency", "memory", "cpu"), verdict))
    (figure,) = [found for name, found in figures(build_evidence(), results) if name == "claims"]
    FigureCanvasAgg(figure).draw()
    assert overlapping(figure) == []


def test_a_curve_ends_below_100_percent_where_something_never_arrived() -> None:
    axes = Figure().subplots()
    cumulate(axes, np.array([1.0, 2.0, 3.0, np.inf]), "daphne")
    (line,) = axes.lines
    assert max(np.asarray(line.get_ydata())) == pytest.approx(75)


def test_lines_join_windows_of_one_start_only(drawn: dict[str, Figure]) -> None:
    (axes,) = drawn["users"].axes
    joined = [line for line in axes.lines if len(np.asarray(line.get_xdata())) > 2]
    assert len(joined) == len(STARTS) * len(WAYS)
    for name in ("late", "typing-late", "cpu", "http", "errors", "resources"):
        for line in drawn[name].axes[0].lines:
            assert line.get_linestyle() in {"None", "--"}, name


def test_servers_differ_in_colour_marker_and_line() -> None:
    ways = [SERVER_STYLES[way] for way in WAYS]
    for field in ("light", "dark", "marker", "line"):
        assert len({str(getattr(one, field)) for one in ways}) == len(WAYS), field
    assert len(DARK) == len({*DARK}), "a colour has one meaning"


def _contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("light", [one for one in DARK if one not in {"#e2e8f0", "#ffffff"}])
def test_every_colour_has_enough_contrast_on_light_and_dark_backgrounds(light: str) -> None:
    # WCAG 2.2, 1.4.3: 4.5 for text; every colour of a picture may be that of a text.
    assert _contrast(light, "#ffffff") >= 4.5
    assert _contrast(DARK[light], DARK["#ffffff"]) >= 4.5


def test_pictures_are_standalone_files_with_both_themes(tmp_path: Path) -> None:
    for name in draw(tmp_path, build_evidence(), build_results()):
        text = (tmp_path / f"{name}.svg").read_text(encoding="utf-8")
        ElementTree.fromstring(text)  # noqa: S314 - we made it
        assert "prefers-color-scheme:dark" in text
        drawn = text.replace(text[text.index("<style>") : text.index("</style>")], "")
        assert not re.search(r"(?:fill|stroke): #", drawn), name
        assert 'href="http' not in text
        assert (tmp_path / f"{name}.png").stat().st_size > 0
        page = inlined(text, name, "A & B", lambda english: "X" if english == "users" else None)
        ElementTree.fromstring(page)  # noqa: S314
        assert 'aria-label="A &amp; B"' in page
        assert ">users<" not in page


def test_the_same_data_gives_the_same_file(tmp_path: Path) -> None:
    once, again = tmp_path / "once", tmp_path / "again"
    for folder in (once, again):
        draw(folder, build_evidence(), build_results())
    for path in once.glob("*.svg"):
        assert path.read_bytes() == (again / path.name).read_bytes()
