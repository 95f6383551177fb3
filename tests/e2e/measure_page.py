"""Measures the work of the browser's main thread until the page can be used.

Records a trace of each load with the browser's tracing, and reports it. There is no pass or fail,
because other work on the machine changes the times. Run by scripts/dev/measure-page.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, expect

from reference_app.runtime.environment import ROOT
from reference_app.serving import commands
from tests.e2e.browser import NoBrowser, chromium
from tests.e2e.people import TIMEOUT_MS
from tests.served import served

TRACES = ROOT / "var" / "traces"
CATEGORIES = ["toplevel", "devtools.timeline", "blink.user_timing", "loading"]
KINDS = {
    "ParseHTML": "HTML",
    "ParseAuthorStyleSheet": "style sheets",
    "UpdateLayoutTree": "styles",
    "Layout": "layout",
    "EvaluateScript": "scripts",
    "v8.compileModule": "compiling",
    "v8.evaluateModule": "modules",
    "FunctionCall": "functions",
    "Paint": "painting",
}


@dataclass(frozen=True)
class Load:
    """One load of the page: milliseconds of its main thread until the page can be used."""

    work: float
    """Processor time, which other work on the machine hardly changes."""

    taken: float
    """Duration of all tasks, with the time that they waited for a core."""

    longest: float
    """Duration of the longest task."""

    kinds: dict[str, float]


def main() -> int:
    """Measure, print the report, and return the exit status."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--loads", type=int, default=7)
    loads = arguments.parse_args().loads
    TRACES.mkdir(parents=True, exist_ok=True)
    try:
        with chromium() as browser, tempfile.TemporaryDirectory() as folder:
            measured = _measure(browser, Path(folder), loads)
    except NoBrowser as error:
        print(error, file=sys.stderr)
        return 1
    _report(measured)
    return 0


def _measure(browser: Browser, folder: Path, loads: int) -> list[Load]:
    with served(commands.tuned_daphne, folder, collected=True) as site:
        measured = []
        for number in range(loads):
            # A new context has an empty cache, as a first visit does.
            context = browser.new_context()
            context.add_cookies([{"name": "sessionid", "value": site.cookies[0], "url": site.url}])
            page = context.new_page()
            devtools = context.new_cdp_session(page)
            frame = devtools.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
            events = _trace(devtools, page, site.url)
            (TRACES / f"load-{number}.json").write_text(json.dumps({"traceEvents": events}))
            measured.append(_load_of(events, frame))
            context.close()
        return measured


def _trace(devtools: CDPSession, page: Page, url: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    devtools.on("Tracing.dataCollected", lambda part: events.extend(part["value"]))
    ended: list[bool] = []
    devtools.on("Tracing.tracingComplete", lambda _event: ended.append(True))
    config = {"includedCategories": CATEGORIES}
    devtools.send("Tracing.start", {"transferMode": "ReportEvents", "traceConfig": config})
    page.goto(url)
    live = page.locator("#connection")
    expect(live).to_have_attribute("data-state", "live", timeout=TIMEOUT_MS)
    devtools.send("Tracing.end")
    while not ended:
        page.wait_for_timeout(50)
    return events


def _load_of(events: list[dict[str, Any]], frame: str) -> Load:
    """Add up the tasks of the page's main thread until the page can be used.

    Modules run before DOMContentLoaded, so the page can be used when that event ends.
    """
    # Each SVG is a document too, and the frame's first, empty document is in another process.
    usable = max(
        (
            one
            for one in events
            if one["name"] == "domContentLoadedEventEnd" and one["args"]["frame"] == frame
        ),
        key=lambda one: float(one["ts"]),
    )
    place = (usable["pid"], usable["tid"])
    own = [
        one
        for one in events
        if (one["pid"], one["tid"]) == place and one.get("ph") == "X" and one["ts"] < usable["ts"]
    ]
    tasks = [one for one in own if one["name"].endswith("RunTask")]
    kinds: dict[str, float] = {}
    for one in own:
        if one["name"] in KINDS:
            name = KINDS[one["name"]]
            kinds[name] = kinds.get(name, 0) + float(one["dur"]) / 1000
    took = [float(one["dur"]) / 1000 for one in tasks]
    work = sum(float(one.get("tdur", 0)) for one in tasks) / 1000
    return Load(work, sum(took), max(took, default=0), kinds)


def _report(measured: list[Load]) -> None:
    works = sorted(load.work for load in measured)
    print(f"main thread until the page can be used, {len(measured)} first visits:")
    print(f"  work, median {median(works):.0f} ms, from {works[0]:.0f} to {works[-1]:.0f} ms")
    print(
        f"  tasks took, waiting included, median {median(load.taken for load in measured):.0f} ms"
    )
    print(f"  longest task, median {median(load.longest for load in measured):.0f} ms")
    for name in dict.fromkeys(KINDS.values()):
        print(f"  {name:13} {median(load.kinds.get(name, 0) for load in measured):6.1f} ms")
    print(f"traces: {TRACES.relative_to(ROOT)}/ (open one in chrome://tracing)")


if __name__ == "__main__":
    sys.exit(main())
