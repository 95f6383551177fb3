"""HTTP as Locust users ask for it: the page and the API, first at a set pace, then flat out.

Started by the http scenario in a process of its own (Locust is gevent, the chat's generators
are asyncio). At a set pace, requests are due at moments that are drawn beforehand, and whichever
user is free makes the next one: its latency is counted from when it was due, however long it
waited for a user. Flat out, every user asks again at once. Locust rounds its own percentiles to
two digits, so every request is recorded and the tables are ours.

It waits for its settings (scenarios/http.py), one line of JSON on standard input:

    session
    crowd            the file of those who are signed in
    paced, full      seconds of the phases
    rate             requests per second of the first one
    addresses        of the server's processes
    out              the folder for what is recorded

When the load starts, one line on standard output says when each phase begins and ends.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import deque
from itertools import count, takewhile
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, events, task
from pydantic import ValidationError

from benchmarks.generator.health import TickGrid
from benchmarks.generator.members import Member, read_crowd
from benchmarks.generator.schedule import poisson_ns
from benchmarks.recording import LOCUST_FROM, NEVER, Recording
from reference_app import protocol

SETTINGS: dict[str, Any] = {}
CROWD: list[Member] = []
PAUSE_NS = 300_000_000
"""Between the phases, so that what one began is not counted in the other."""

UNANSWERED_SECONDS = 0.1
"""Time after a request that got no answer until its user makes the next one."""

PACED, FULL = "paced", "full"


class Schedule:
    """When each phase begins and ends, on the monotonic clock, and which requests are due."""

    def __init__(self) -> None:
        self.windows: dict[str, tuple[int, int]] = {}
        self.due: deque[int] = deque()

    def begin(self) -> None:
        """Lay out the phases from now."""
        start = time.monotonic_ns() + PAUSE_NS
        paced_end = start + round(SETTINGS["paced"] * 1e9)
        full_start = paced_end + PAUSE_NS
        self.windows = {
            PACED: (start, paced_end),
            FULL: (full_start, full_start + round(SETTINGS["full"] * 1e9)),
        }
        rng = random.Random(SETTINGS["session"])  # noqa: S311 - a schedule, not a secret
        due = takewhile(lambda at: at < paced_end, poisson_ns(SETTINGS["rate"], start, rng))
        self.due = deque(due)

    def next(self) -> tuple[str, int] | None:
        """Return the phase of a free user's next request, and when it is due; None to wait."""
        now = time.monotonic_ns()
        start, end = self.windows[FULL]
        if now < start and self.due:
            return PACED, self.due.popleft()
        return (FULL, now) if start <= now < end else None


class Log:
    """Every request, also those that are under way, or due and not begun, when the load ends."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.health: list[dict[str, Any]] = []
        self._under_way: dict[int, dict[str, Any]] = {}
        self._numbers = count()

    def begin(self, phase: str, name: str, intended_ns: int, free_ns: int) -> int:
        """Record that a request begins; return its number."""
        number = next(self._numbers)
        self._under_way[number] = _row(phase, name, intended_ns, free_ns, time.monotonic_ns())
        return number

    def end(self, number: int, *, ok: bool) -> None:
        """Record how a request ended."""
        row = self._under_way.pop(number, None)
        if row is not None:  # it was closed before its answer came
            row |= {"duration_ns": time.monotonic_ns() - row["start_ns"], "ok": ok}
            self.rows.append(row)

    def close(self, left_over: deque[int]) -> None:
        """Record as failed what is still under way, and what was due and had no free user."""
        for number in list(self._under_way):
            self.end(number, ok=False)
        self.rows += [_row(PACED, "unsent", due, NEVER, NEVER) for due in left_over]

    def recording(self) -> Recording:
        """Return all of it as tables."""
        recording = Recording()
        recording.add("http", self.rows)
        recording.add("health", self.health)
        return recording


def _row(phase: str, name: str, intended_ns: int, free_ns: int, start_ns: int) -> dict[str, Any]:
    return {
        "session": SETTINGS["session"],
        "phase": phase,
        "name": name,
        "intended_ns": intended_ns,
        "free_ns": free_ns,
        "start_ns": start_ns,
        "duration_ns": NEVER,
        "ok": False,
    }


SCHEDULE = Schedule()
LOG = Log()
_places = count()


class ChatUser(FastHttpUser):
    """Somebody who loads the page and asks the API, by turns."""

    host = "http://unused"  # Locust insists on one; every request has its own address
    network_timeout = 10.0
    connection_timeout = 10.0

    def on_start(self) -> None:
        """Take a place in the crowd."""
        number = next(_places)
        self.member = CROWD[number % len(CROWD)]
        self.address = SETTINGS["addresses"][number % len(SETTINGS["addresses"])]
        self.headers = {"Cookie": self.member.cookie}
        self._turn = random.random() < 0.5  # noqa: S311 - half begin with the page

    @task
    def page_and_api(self) -> None:
        """One request: the page if the last one was the API's, and the other way round."""
        free_ns = time.monotonic_ns()
        due = SCHEDULE.next()
        if due is None:
            gevent.sleep(0.005)
            return
        phase, intended_ns = due
        gevent.sleep(max(0.0, (intended_ns - time.monotonic_ns()) / 1e9))
        self._turn = not self._turn
        if self._turn:
            self._get("page", "/", lambda body: b"<main" in body, phase, intended_ns, free_ns)
        else:
            self._get("api", "/api/sync?cursor=", _is_changes, phase, intended_ns, free_ns)

    def _get(
        self, name: str, path: str, is_right: Any, phase: str, intended_ns: int, free_ns: int
    ) -> None:
        number = LOG.begin(phase, name, intended_ns, free_ns)
        with self.client.get(
            self.address + path,
            name=name,
            headers=self.headers,
            catch_response=True,
            allow_redirects=False,
        ) as response:
            content = response.content
            ended_ok = response.status_code == 200
            LOG.end(number, ok=ended_ok and is_right(content))
            if not ended_ok:
                response.failure(f"status {response.status_code}")
        if not response.status_code:
            # Nobody answered: asking on at once would only keep this process busy.
            gevent.sleep(UNANSWERED_SECONDS)


def _is_changes(body: bytes) -> bool:
    try:
        protocol.Changes.model_validate_json(body)
    except ValidationError:
        return False
    return True


def watch_health() -> None:
    """Record, at every tick, how late this process is and what it has cost so far."""
    grid = TickGrid(time.monotonic_ns())
    while True:
        gevent.sleep(grid.seconds_left(time.monotonic_ns()))
        now, used = time.monotonic_ns(), time.process_time_ns()
        LOG.health += [
            {
                "session": SETTINGS["session"],
                "generator": LOCUST_FROM,
                "at_ns": due,
                "lag_ns": lag,
                "cpu_ns": used,
            }
            for due, lag in grid.passed(now)
        ]


@events.init.add_listener  # type: ignore[untyped-decorator]
def _wait_for_settings(**_kwargs: Any) -> None:
    line = sys.stdin.readline()
    if not line:  # nobody wants this load any more
        sys.exit(0)
    SETTINGS.update(json.loads(line))
    CROWD.extend(read_crowd(Path(SETTINGS["crowd"])))


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def _begin(environment: Any, **_kwargs: Any) -> None:
    SCHEDULE.begin()
    gevent.spawn(watch_health)
    print(json.dumps(SCHEDULE.windows), flush=True)
    _start, end = SCHEDULE.windows[FULL]
    # Locust's own run time counts whole seconds.
    gevent.spawn_later((end - time.monotonic_ns() + PAUSE_NS) / 1e9, environment.runner.quit)


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def _write(**_kwargs: Any) -> None:
    LOG.close(SCHEDULE.due)
    LOG.recording().write(Path(SETTINGS["out"]))
