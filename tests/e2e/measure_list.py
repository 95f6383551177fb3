"""Measures the page while 50 messages/s arrive in an open room of 500, and while it is scrolled.

Run by scripts/dev/measure-list. There is no pass or fail, because times depend on the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.sync_api import Browser, Page, expect

from reference_app import protocol
from reference_app.serving.check.person import Person, Site
from tests.e2e.browser import NoBrowser, chromium
from tests.e2e.people import TIMEOUT_MS, entry_of
from tests.e2e.seed_database import seed_group
from tests.launch import Launched, demo

TITLE = "Busy room"
SENDERS = ("badr", "carol", "deniz")
OLDER_MESSAGES = 5_000
# Tasks of all threads, and the names of the threads.
TRACE_CATEGORIES = ["toplevel", "__metadata"]

OBSERVE = """() => {
    window.observed = { tasks: [], frames: [], nodes: 0 };
    new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) observed.tasks.push(Math.round(duration));
    }).observe({ entryTypes: ["longtask"] });
    let before = performance.now();
    const frame = (now) => {
        observed.frames.push(now - before);
        before = now;
        observed.nodes = Math.max(observed.nodes, document.querySelectorAll("*").length);
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}"""
TAKE_OBSERVATIONS = """() => {
    const { tasks, frames, nodes } = observed;
    Object.assign(observed, { tasks: [], frames: [], nodes: 0 });
    frames.sort((a, b) => a - b);
    const at = (share) => Math.round(frames[Math.floor((frames.length - 1) * share)] * 10) / 10;
    return {
        long_tasks_ms: tasks, frames: frames.length, nodes,
        frame_ms: { p50: at(0.5), p99: at(0.99), max: at(1) },
    };
}"""
LOAD_OLDER = """async (wanted) => {
    const pane = document.getElementById("messages");
    const pages = () => pane.scrollHeight;
    const started = pages();
    while (pages() < started + wanted * 40 && !document.querySelector("[data-kind=start]")) {
        pane.scrollTop = 0;
        await new Promise((done) => setTimeout(done, 20));
    }
}"""


async def send(url: str, rate: int, seconds: int) -> int:
    """Send messages at a rate, the senders by turns; return how many were sent."""
    site = Site(url)
    people = [await Person.sign_in(site, name, f"{name}123") for name in SENDERS]
    states = (await people[0].http.get("/api/conversations")).json()
    room = next(state["id"] for state in states if state["title"] == TITLE)

    async def send_share(person: Person, turn: int) -> int:
        async with person.socket() as socket:
            start = asyncio.get_running_loop().time()
            numbers = range(turn, rate * seconds, len(people))
            for number in numbers:
                due = start + number / rate
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
                text = f"message {number} of a busy room, https://example.org/{number}"
                await socket.send(
                    protocol.SendFrame(conversation=room, client_id=uuid4(), text=text)
                )
            await asyncio.sleep(1)
            return len(numbers)

    sent = await asyncio.gather(*(send_share(one, turn) for turn, one in enumerate(people)))
    for person in people:
        await person.http.aclose()
    return sum(sent)


def sign_in(page: Page, url: str) -> None:
    """Sign in and open the busy room."""
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(url)
    page.locator("#id_username").fill("amal")
    page.locator("#id_password").fill("amal123")
    page.locator(".login-card [type=submit]").click()
    entry_of(page, TITLE).click()
    expect(page.locator(".message").last).to_be_visible()


def tasks_of(trace: bytes) -> dict[str, Any]:
    """Return the CPU time of the tasks of the page's main thread, in milliseconds."""
    events = json.loads(trace)["traceEvents"]
    threads = {
        (one["pid"], one["tid"])
        for one in events
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    costs = sorted(
        one["tdur"] / 1000
        for one in events
        if one["name"].endswith("RunTask") and "tdur" in one and (one["pid"], one["tid"]) in threads
    )
    return {
        "tasks": len(costs),
        "cpu_ms": round(sum(costs)),
        "longest_cpu_ms": [round(one, 1) for one in costs[:-6:-1]],
    }


def measure(
    launched: Launched, browser: Browser, page: Page, rate: int, seconds: int
) -> dict[str, Any]:
    """Return the figures while messages arrive, and while thousands are scrolled through."""
    sign_in(page, launched.url)
    page.evaluate(OBSERVE)
    page.wait_for_timeout(1_000)
    page.evaluate(TAKE_OBSERVATIONS)
    browser.start_tracing(page=page, categories=TRACE_CATEGORIES)
    sent: list[int] = []
    sender = threading.Thread(
        target=lambda: sent.append(asyncio.run(send(launched.url, rate, seconds)))
    )
    sender.start()
    while sender.is_alive():
        page.wait_for_timeout(200)
    arriving = page.evaluate(TAKE_OBSERVATIONS) | {
        "sent": sum(sent),
        "main_thread": tasks_of(browser.stop_tracing()),
    }
    last = f"message {rate * seconds - 1} of"
    arriving["last_shown"] = page.locator(".bubble", has_text=last).count() == 1
    page.evaluate(LOAD_OLDER, OLDER_MESSAGES)
    page.evaluate(TAKE_OBSERVATIONS)
    browser.start_tracing(page=page, categories=TRACE_CATEGORIES)
    page.locator("#messages").hover()
    for turn in range(120):
        page.mouse.wheel(0, 700 if turn < 60 else -700)
        page.wait_for_timeout(50)
    scrolling = page.evaluate(TAKE_OBSERVATIONS) | {"main_thread": tasks_of(browser.stop_tracing())}
    return {"arriving": arriving, "scrolling": scrolling}


def main() -> int:
    """Measure, print the figures as JSON, and return the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/dev/measure-list", description=__doc__)
    parser.add_argument("--rate", type=int, default=50, help="messages/s")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--members", type=int, default=500)
    arguments = parser.parse_args()
    try:
        with (
            chromium() as browser,
            tempfile.TemporaryDirectory() as folder,
            demo("daphne", Path(folder)) as launched,
        ):
            guests = arguments.members - len(SENDERS) - 1
            seed_group(
                Path(folder), TITLE, ["amal", *SENDERS], messages=OLDER_MESSAGES, guests=guests
            )
            page = browser.new_page(viewport={"width": 1100, "height": 720})
            found = measure(launched, browser, page, arguments.rate, arguments.seconds)
    except NoBrowser as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps({"members": arguments.members, "rate": arguments.rate, **found}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
