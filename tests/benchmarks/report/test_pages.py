"""Test the report's pages in a real browser: accessibility, screen sizes, print, languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.measure.claims_file import load_claims
from benchmarks.report.answers import VERDICTS
from benchmarks.report.captions import caption
from benchmarks.report.pages import write_pages
from benchmarks.report.pictures.draw import draw
from benchmarks.report.spreadsheets import write_spreadsheets
from tests.benchmarks.report.evidence_builder import build_evidence
from tests.benchmarks.report.reason_texts import every_reason
from tests.benchmarks.report.results_builder import (
    CLAIMS,
    WAYS,
    build_results,
    death,
    with_answer,
)
from tests.e2e.axe import violations
from tests.e2e.browser import NoBrowser, chromium

PAGES = ("report.html", "report.ar.html")
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
NAMES = {
    "Node",
    "SVG",
    "PNG",
    "Redis",
    "WebSocket",
    "HTTP",
    "PSS",
    "MiB",
    "Parquet",
    "TLS",
    "ALPN",
    "Gunicorn",
    "Daphne",
    "Channels",
    *WAYS,
}
"""The words in Latin letters on the Arabic page, outside of figures and code."""
FEW_STARTS = "Only 2 start(s) that count; a verdict rests on 3. So far: something."
HOSTILE = "</script><img src=x onerror=alert(1)>{{ 7 * 7 }}"

OVERLAPS = """() => [...document.querySelectorAll("figure svg")].flatMap((svg) => {
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim());
    const boxes = texts.map((text) => text.getBoundingClientRect());
    const found = [];
    boxes.forEach((one, i) => boxes.slice(i + 1).forEach((other, j) => {
        const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
        const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
        if (width > 1 && height > 3) {
            found.push(`${texts[i].textContent} / ${texts[i + 1 + j].textContent}`);
        }
    }));
    return found;
})"""

HEADINGS = """() =>
    [...document.querySelectorAll("h1, h2, h3, h4")].map((one) => +one.tagName[1])"""
ANCHORS = """() => [...document.querySelectorAll("a[href^='#']")].map((one) => one.hash)"""
LINKS = """() => [...document.querySelectorAll("a")].map((one) => one.getAttribute("href"))"""
FONT_SIZES = """() => [...document.querySelectorAll("figure svg text")].map((text) => {
    const { a, b } = text.getScreenCTM();
    return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(a, b);
})"""
TEXTS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const within = walker.currentNode.parentElement;
        if (!within.closest("style, code, bdi[dir=ltr], [lang=en]")) {
            found.push(walker.currentNode.textContent.trim());
        }
    }
    return found.filter((text) => text);
}"""
IN_ENGLISH = """() => [...document.querySelectorAll("[lang=en]")].map((one) => one.textContent)"""
OUTSIDE_OF_ISOLATES = """() =>
    [...document.querySelectorAll("#trouble li, #claims li")].map((one) => {
        const copy = one.cloneNode(true);
        copy.querySelectorAll("bdi").forEach((value) => value.remove());
        // The name of a percentile is a word of the reason, not a value.
        return copy.textContent.replaceAll(/المئين \\d+/g, "");
    })"""
CUT_OFF = """() => [...document.querySelectorAll("figure svg")].flatMap((svg) => {
    const frame = svg.getBoundingClientRect();
    return [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim())
        .filter((text) => {
            const box = text.getBoundingClientRect();
            return box.left < frame.left - 1 || box.right > frame.right + 1;
        }).map((text) => `${svg.getAttribute("aria-label")}: ${text.textContent}`);
})"""
HIDDEN_CELLS = """() => [...document.querySelectorAll("table.criteria td")].filter((cell) => {
    const frame = cell.closest(".scroll").getBoundingClientRect();
    const box = cell.getBoundingClientRect();
    return box.left < frame.left - 1 || box.right > frame.right + 1;
}).map((cell) => cell.textContent)"""
BROKEN_INTERVALS = """() => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const node = walker.currentNode;
        for (const match of node.textContent.matchAll(/\\[[^\\[\\]]*\\d[^\\[\\]]*\\]/g)) {
            const range = document.createRange();
            range.setStart(node, match.index);
            range.setEnd(node, match.index + match[0].length);
            const lines = new Set([...range.getClientRects()].map((one) => Math.round(one.top)));
            if (lines.size > 1) { found.push(match[0]); }
        }
    }
    return found;
}"""
DIRECTIONS = """(all) => all.map((one) => getComputedStyle(one).direction)"""
UNFOLD = """() => document.querySelectorAll("details").forEach((one) => { one.open = true; })"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    try:
        with chromium() as browser:
            yield browser
    except NoBrowser as missing:
        pytest.fail(str(missing))


def write(run: Path, results: dict[str, Any]) -> Path:
    run.mkdir(exist_ok=True)
    found = json.loads(json.dumps(results))
    write_pages(run, found, draw(run / "plots", build_evidence(), found))
    write_spreadsheets(run, found)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a report with every verdict, a long word, and hostile texts."""
    names = ("exceeded", "partly", "contradicted", "at the limit", "not reproduced", "invalid")
    results = build_results(dict(zip(CLAIMS, names, strict=True)))
    results = with_answer(
        results, "cpu", "split", starts=0, left_out=[HOSTILE], verdict="inconclusive"
    )
    results["runs"][0]["faults"] = [HOSTILE]
    results["deaths"] = [death(how=HOSTILE, left_out=["resources"])]
    results["environment"]["cpu"] = HOSTILE
    results["claims"][0]["note"] = "x" * 300
    results["claims"][1]["statement"] = HOSTILE
    return write(tmp_path_factory.mktemp("report") / "run", results)


@pytest.fixture(params=PAGES)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(scope="module")
def worst_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a report with every reason that the measurement can write."""
    results = build_results({**dict.fromkeys(CLAIMS, "inconclusive"), "memory": "invalid"})
    results = with_answer(results, "cpu", "daphne", holm=None, why=FEW_STARTS)
    results = with_answer(results, "cpu", "split", starts=0, left_out=every_reason())
    results = with_answer(results, "throughput", "daphne", downgraded=True)
    for claim in results["claims"]:
        claim["note"] = load_claims().claims[0].note
        claim["statement"] = load_claims().claims[0].statement
    first, second, control, *_others = results["runs"]
    first |= {"valid": False, "invalid_because": every_reason()}
    second["faults"] = every_reason()
    control["arm"] = "control"
    results["capacity"][0]["stopped_by"] = every_reason()[-1]
    results["figures"] = [_figure(reason) for reason in every_reason()]
    results["fanout"] |= _fanout(every_reason())
    results["absent"] = [{"server": "ws", "why": "Node is not installed"}]
    return write(tmp_path_factory.mktemp("report") / "worst", results)


def _figure(reason: str) -> dict[str, Any]:
    return {
        "scenario": "scale",
        "figure": "lost or unacknowledged",
        "unit": "deliveries",
        "server": "daphne-tuned",
        "users": 10_000,
        "value": 12.0,
        "ci95": [3.0, 20.0],
        "ratio_to_daphne": None,
        "ratio_ci95": None,
        "repeats": 0,
        "left_out": [reason],
    }


def _fanout(reasons: list[str]) -> dict[str, Any]:
    ratio = {"value": 3.2, "ci95": [2.0, None], "at_least": True, "at_most": False}
    seen = {"deliveries_per_second": 9000.0, "p50_ms": 5.0, "p99_ms": 20.0}
    return {
        "servers": [
            {"server": "ws", "sockets": 500, "deliveries_per_second": 9000.0, "repeats": 2}
            | {"ci95": [8000.0, 9900.0], "at_least": True, "reference_p99_ms": 20.0}
            | {"reference_ci95": [10.0, 30.0], "ratios": {"daphne": ratio, "ws": None}}
        ],
        "repeats": [
            {"server": "ws", "sockets": 500, "repeat": 1, "deliveries_per_second": 9000.0}
            | {
                "p99_ms": 20.0,
                "at_least": True,
                "stopped_by": reason,
                "valid": False,
                "invalid_because": [reason],
            }
            for reason in reasons
        ],
        "client_crosscheck": {
            "clients": {"websocket": seen, "picows": seen},
            "disagreements": reasons,
        },
    }


def opened(browser: Browser, run: Path, name: str, **options: Any) -> Page:
    page = browser.new_page(**options)
    page.goto((run / name).as_uri())
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_no_violation_with_all_details_open(
    browser: Browser, run: Path, name: str, theme: Any, viewport: dict[str, int]
) -> None:
    page = opened(browser, run, name, color_scheme=theme, viewport=viewport)
    page.evaluate(UNFOLD)
    assert violations(page) == []
    page.close()


def test_a_page_needs_no_script_and_requests_nothing_else(
    browser: Browser, run: Path, name: str
) -> None:
    page = browser.new_page(java_script_enabled=False)
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto((run / name).as_uri())
    assert requested == [(run / name).as_uri()]
    assert page.locator("script, link, img, iframe").count() == 0
    assert page.locator("figure svg").count() == 14
    page.close()


def test_no_page_scrolls_sideways_on_a_phone(browser: Browser, run: Path, name: str) -> None:
    page = opened(browser, run, name, viewport=PHONE)
    page.evaluate(UNFOLD)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.evaluate("window.scrollTo(-500, 0); window.scrollTo(500, 0)")
    assert page.evaluate("scrollX") == 0
    page.close()


def test_no_text_of_a_picture_overlaps_another_in_the_readers_own_font(
    browser: Browser, run: Path, name: str
) -> None:
    page = opened(browser, run, name, viewport=DESKTOP)
    assert page.evaluate(OVERLAPS) == []
    page.close()


def test_texts_of_a_picture_can_be_read_on_a_phone(browser: Browser, run: Path, name: str) -> None:
    page = opened(browser, run, name, viewport=PHONE)
    assert min(page.evaluate(FONT_SIZES)) >= 9
    page.close()


@pytest.mark.parametrize("width", [360, 390])
def test_a_phone_shows_whole_texts_criteria_and_intervals(
    browser: Browser, worst_run: Path, name: str, width: int
) -> None:
    page = opened(browser, worst_run, name, viewport={"width": width, "height": 740})
    page.evaluate(UNFOLD)
    assert page.evaluate(CUT_OFF) == []
    assert page.locator("table.criteria td").count() > 10
    assert page.evaluate(HIDDEN_CELLS) == []
    intervals = page.evaluate("() => document.body.textContent.match(/\\[-?[0-9.]+,/g).length")
    assert intervals > 20
    assert page.evaluate(BROKEN_INTERVALS) == []
    page.close()


def test_the_level_that_decided_is_named_next_to_the_intervals(
    browser: Browser, run: Path, name: str
) -> None:
    page = opened(browser, run, name)
    level = {
        "report.html": "Decided by the interval at 99\u00a0%, which is wider",
        "report.ar.html": "وهو أوسع من المجال المعروض هنا",
    }
    correction = {"report.html": "Holm's correction", "report.ar.html": "طريقة هولم"}
    assert correction[name] in page.locator("#verdicts").inner_text()
    for claim in ("memory", "throughput"):
        assert level[name] in page.locator(f"#claim-{claim} .note").first.inner_text()
        details = page.locator(f"#claim-{claim} details").text_content() or ""
        assert details.count(level[name]) == 3
    page.close()


def test_no_heading_of_a_table_is_a_key_of_the_data(browser: Browser, run: Path, name: str) -> None:
    page = opened(browser, run, name)
    headings = page.locator("thead th").all_text_contents()
    assert len(headings) > 30
    assert [one for one in headings if "_" in one] == []
    page.close()


def test_the_arabic_page_has_its_own_sign_for_percent(browser: Browser, worst_run: Path) -> None:
    page = opened(browser, worst_run, "report.ar.html")
    page.evaluate(UNFOLD)
    prose = page.locator("#conclusion, #verdicts, #claims").all_text_contents()
    assert "٪" in "".join(prose)
    assert [text[place - 40 :] for text in prose if (place := text.find("%")) >= 0] == []
    page.close()


def test_an_infinite_value_has_its_sign_in_every_cell(browser: Browser, tmp_path: Path) -> None:
    results = build_results()
    for window in results["runs"]:
        if window["server"] == "gunicorn-gthread":
            window["latency_ms"] |= {"p50": None, "p99": None, "unbounded": True}
    unknown = {"change_percent": None, "change_unbounded": True, "change_ci95": [None, None]}
    results = with_answer(results, "delivery-latency", "gunicorn-gthread", **unknown)
    write_pages(tmp_path, json.loads(json.dumps(results)), ())
    page = opened(browser, tmp_path, "report.html")
    row = page.locator("#delivery tr").filter(has_text="gunicorn-gthread").first
    assert row.locator("td").all_inner_texts()[-2:] == ["∞", "∞"]
    assert "∞ [∞,\u00a0∞]" in page.locator("table.verdicts tbody tr").first.inner_text()
    assert "| ∞ | ∞ |" in (tmp_path / "report.md").read_text(encoding="utf-8")
    page.close()


def test_headings_are_in_order_and_the_navigation_leads_to_sections(
    browser: Browser, run: Path, name: str
) -> None:
    page = opened(browser, run, name)
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    targets = page.evaluate(ANCHORS)
    assert len(targets) > 10
    for target in targets:
        assert page.locator(target).count() == 1, target
    ids = page.evaluate("() => [...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.close()


def test_a_printed_page_is_white_without_navigation(browser: Browser, run: Path, name: str) -> None:
    page = opened(browser, run, name, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in ("nav", ".skip", ".languages"):
        assert not page.locator(hidden).is_visible()
    colour = "() => getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(colour) == "rgb(255, 255, 255)"
    ink = "() => getComputedStyle(document.querySelector('figure svg text')).fill"
    assert page.evaluate(ink) == "rgb(15, 23, 42)"
    assert (
        page.evaluate("() => getComputedStyle(document.querySelector('#claims')).breakBefore")
        == "page"
    )
    page.close()


def test_the_pages_link_to_each_other_and_to_the_data(browser: Browser, run: Path) -> None:
    page = opened(browser, run, "report.html")
    assert page.locator("html").get_attribute("dir") == "ltr"
    page.locator(".languages a").click()
    assert page.url.endswith("report.ar.html")
    assert page.locator("html").get_attribute("lang") == "ar"
    assert page.locator("html").get_attribute("dir") == "rtl"
    links = page.evaluate(LINKS)
    for link in links:
        assert not re.match("[a-z]+:", link)
        if not link.startswith(("#", "raw/", "results.json", "manifest.json")):
            assert (run / link).exists(), link
    assert {"raw/received.parquet", "results.json", "claims.csv", "windows.csv"} <= set(links)
    page.close()


def test_figures_keep_their_direction_in_arabic(browser: Browser, run: Path) -> None:
    page = opened(browser, run, "report.ar.html")
    for value in page.locator("#conclusion bdi").all():
        assert value.get_attribute("dir") == "ltr"
    assert page.locator("#conclusion bdi").count() > 10
    page.close()


@pytest.mark.parametrize("width", [390, 1100])
def test_all_prose_of_the_arabic_page_is_arabic(
    browser: Browser, worst_run: Path, width: int
) -> None:
    page = opened(browser, worst_run, "report.ar.html", viewport={"width": width, "height": 900})
    page.evaluate(UNFOLD)
    texts = page.evaluate(TEXTS)
    assert len(texts) > 300
    words = {word for text in texts for word in re.findall("[A-Za-z][A-Za-z-]+", text)}
    assert words - NAMES == set()
    assert set(page.evaluate(IN_ENGLISH)) == {"English", "Fawran"}
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERLAPS) == []
    page.close()


def test_figures_in_the_reasons_of_the_arabic_page_run_from_left_to_right(
    browser: Browser, worst_run: Path
) -> None:
    page = opened(browser, worst_run, "report.ar.html", viewport=DESKTOP)
    page.evaluate(UNFOLD)
    outside = page.evaluate(OUTSIDE_OF_ISOLATES)
    assert [text for text in outside if re.search(r"\d", text)] == []
    items = page.locator("#trouble li, #claims li, #claims p")
    for direction in items.evaluate_all(DIRECTIONS):
        assert direction == "rtl"
    assert page.locator("#trouble bdi[dir=ltr]").count() > 50
    page.close()


def test_texts_of_a_run_are_shown_and_not_executed(browser: Browser, run: Path, name: str) -> None:
    page = opened(browser, run, name)
    text = page.content()
    assert "onerror=alert" in page.locator("#claim-memory").inner_text()
    assert "{{ 7 * 7 }}" in page.locator("#claim-memory").inner_text()
    assert "<img" not in text
    page.close()


def test_the_table_has_a_column_for_each_way_and_says_yes_or_no(
    browser: Browser, run: Path
) -> None:
    page = opened(browser, run, "report.html")
    assert page.locator("table.verdicts thead th").all_inner_texts() == ["claim", "claimed", *WAYS]
    row = page.locator("table.verdicts tbody tr").filter(has_text="WebSocket")
    assert row.locator("td b").all_inner_texts() == ["no", "no", "yes", "yes", "yes"]
    memory = page.locator("table.verdicts tbody tr").filter(has_text="memory")
    assert "217\u00a0MiB" in memory.inner_text()
    assert "starts: 3" in memory.inner_text()
    page.close()


@pytest.mark.parametrize(
    "options",
    [
        {"complete": False},
        {"target": "https://chat.example", "ways": ("daphne",)},
        {"ways": ("gunicorn",)},
        {"ways": ()},
        *({"verdicts": dict.fromkeys(CLAIMS, verdict)} for verdict in VERDICTS),
    ],
    ids=str,
)
def test_every_kind_of_run_has_its_pages(tmp_path: Path, options: dict[str, Any]) -> None:
    results = json.loads(json.dumps(build_results(**options)))
    write_pages(tmp_path, results, ())
    for name in (*PAGES, "report.md"):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "Undefined" not in text
        assert not re.search(r"\bNone\b", re.sub(r"<style.*?</style>", "", text, flags=re.DOTALL))
    opening = (tmp_path / "report.md").read_text(encoding="utf-8").split("\n\n")[1]
    assert opening.startswith("**"), "the report opens with its conclusion"


def test_a_run_without_a_timeline_has_its_pages(tmp_path: Path) -> None:
    write_pages(tmp_path, build_results() | {"timeline": []}, ())
    assert "Where the time went" not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_server_that_died_is_named_with_how_and_what_was_left_out(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    found = [
        death(scenario="http", left_out=["resources"]),
        death("gunicorn", 1, arm="control", how=f"process 1 of 1 {HOSTILE}", log=""),
    ]
    write_pages(tmp_path, build_results() | {"deaths": found}, ())
    for page in (*PAGES, "report.md"):
        text = (tmp_path / page).read_text(encoding="utf-8")
        if page != "report.ar.html":
            assert "process 1 of 1 was ended by SIGKILL" in re.sub("</?bdi[^>]*>", "", text)
        assert "logs/04-daphne.log" in text
        assert text.count("resources") > text.count("logs/")
        assert page == "report.md" or HOSTILE not in text
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "- gunicorn (control), delivery, start 1: process 1 of 1" in text
    assert "Left out in this start: resources." in text
    assert "daphne ended by itself; starts in which it did: 1." in text


def test_the_control_is_listed_separately_from_the_baseline(tmp_path: Path) -> None:
    results = build_results()
    controls = [run | {"arm": "control"} for run in results["runs"] if run["server"] == "gunicorn"]
    results["runs"] += controls
    write_pages(tmp_path, json.loads(json.dumps(results)), ())
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert text.count("| gunicorn (control) | 1 | 2/2 |") == 1
    assert text.count("| gunicorn | 1 | 2/2 |") == 1
    shown = [caption("late", one).values for one in (results, build_results())]
    more = [int(str(shown[0][name])) - int(str(shown[1][name])) for name in ("windows", "starts")]
    loaded = [run for run in controls if run["scenario"] == "delivery"]
    assert more == [len(loaded), len({run["repeat"] for run in loaded})]


@pytest.mark.parametrize("file", ["claims.toml", "judged-by.toml"])
def test_a_run_links_to_the_claims_files_that_it_has(tmp_path: Path, file: str) -> None:
    for is_there in (False, True):
        if is_there:
            (tmp_path / file).touch()
        write_pages(tmp_path, json.loads(json.dumps(build_results())), ())
        text = (tmp_path / "report.html").read_text(encoding="utf-8")
        assert (f'href="{file}"' in text) is is_there


def test_a_change_that_is_only_a_bound_is_marked_in_every_page(tmp_path: Path) -> None:
    bounds = {"bound": "at least", "change_bound": "at least", "change_percent": 726.0}
    results = with_answer(build_results(), "concurrency", "split", **bounds)
    write_pages(tmp_path, json.loads(json.dumps(results)), ())
    pages = {
        "report.md": "<br>at least +726 %",
        "report.html": 'at least <bdi dir="ltr">+726\u00a0%</bdi>',
        "report.ar.html": '<bdi dir="ltr">+726</bdi>\u00a0٪ على الأقل',
    }
    for page, marked in pages.items():
        assert marked in (tmp_path / page).read_text(encoding="utf-8")
