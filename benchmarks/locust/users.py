"""Locust users that request the page and the API, first on a schedule, then at full load.

The http scenario starts them in a separate process, because Locust uses gevent and the chat's
generators use asyncio. There are two phases. In the paced phase, the times of the requests are
drawn beforehand (open loop). Each request is made by the next free user, and its latency counts
from the scheduled time, however long it waited for a user. In the full phase, every user sends
its next request at once. Locust rounds its own percentiles to two digits, so every request is
recorded here and the percentiles are computed later.

The process waits for its settings (scenarios/http.py), one line of JSON on standard input:

    session
    crowd            the file of the test users and their sessions
    paced, full      length of the phases in seconds
    rate             requests per second in the paced phase
    addresses        addresses of the server's processes
    out              the folder for the recorded tables

When the load starts, it writes the start and end of each phase in one line on standard output.
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
"""Pause between the phases, so that a request of one phase is not counted in the other."""

UNANSWERED_SECONDS = 0.1
"""Time that a user waits after a request without an answer, before it makes the next one."""

PACED, FULL = "paced", "full"


class Schedule:
    """The start and end of each phase on the monotonic clock, and the times of requests.

    ``due`` has the times of the requests of the paced phase that are still to be made.
    """

    def __init__(self) -> None:
        self.windows: dict[str, tuple[int, int]] = {}
        self.due: deque[int] = deque()

    def begin(self) -> None:
        """Compute the phases, counted from now, and draw the times of the requests."""
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
        """Return the phase and time of a free user's next request; None if it has to wait."""
        now = time.monotonic_ns()
        start, end = self.windows[FULL]
        if now < start and self.due:
            return PACED, self.due.popleft()
        return (FULL, now) if start <= now < end else None


class Log:
    """Every request, including those that are unfinished or not begun when the load ends."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.health: list[dict[str, Any]] = []
        self._unfinished: dict[int, dict[str, Any]] = {}
        self._numbers = count()

    def begin(self, phase: str, name: str, intended_ns: int, free_ns: int) -> int:
        """Record the start of a request; return its number."""
        number = next(self._numbers)
        start_ns = time.monotonic_ns()
        self._unfinished[number] = _make_row(phase, name, intended_ns, free_ns, start_ns)
        return number

    def end(self, number: int, *, ok: bool) -> None:
        """Record the end of a request."""
        row = self._unfinished.pop(number, None)
        if row is not None:  # None if the log was closed before the answer arrived.
            row |= {"duration_ns": time.monotonic_ns() - row["start_ns"], "ok": ok}
            self.rows.append(row)

    def close(self, left_over: deque[int]) -> None:
        """Record as failed the unfinished requests, and those for which no user was free."""
        for number in list(self._unfinished):
            self.end(number, ok=False)
        self.rows += [_make_row(PACED, "unsent", due, NEVER, NEVER) for due in left_over]

    def recording(self) -> Recording:
        """Return the log as tables."""
        recording = Recording()
        recording.add("http", self.rows)
        recording.add("health", self.health)
        return recording


def _make_row(
    phase: str, name: str, intended_ns: int, free_ns: int, start_ns: int
) -> dict[str, Any]:
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
_user_numbers = count()


class ChatUser(FastHttpUser):
    """A user that requests the page and the API alternately."""

    host = "http://unused"  # Locust requires one, but every request has its own address.
    network_timeout = 10.0
    connection_timeout = 10.0

    def on_start(self) -> None:
        """Choose a test user and a process of the server."""
        number = next(_user_numbers)
        self.member = CROWD[number % len(CROWD)]
        self.address = SETTINGS["addresses"][number % len(SETTINGS["addresses"])]
        self.headers = {"Cookie": self.member.cookie}
        self._is_page = random.random() < 0.5  # noqa: S311 - half begin with the page

    @task
    def page_and_api(self) -> None:
        """Make one request: of the page if the last one was of the API, and vice versa."""
        free_ns = time.monotonic_ns()
        due = SCHEDULE.next()
        if due is None:
            gevent.sleep(0.005)
            return
        phase, intended_ns = due
        gevent.sleep(max(0.0, (intended_ns - time.monotonic_ns()) / 1e9))
        self._is_page = not self._is_page
        if self._is_page:
            self._get("page", "/", lambda body: b"<main" in body, phase, intended_ns, free_ns)
        else:
            self._get("api", "/api/sync?cursor=", _is_changes, phase, intended_ns, free_ns)

    def _get(
        self, name: str, path: str, is_valid: Any, phase: str, intended_ns: int, free_ns: int
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
            is_ok = response.status_code == 200
            LOG.end(number, ok=is_ok and is_valid(content))
            if not is_ok:
                response.failure(f"status {response.status_code}")
        if not response.status_code:
            # There was no answer. The next request at once would only keep this process busy.
            gevent.sleep(UNANSWERED_SECONDS)


def _is_changes(body: bytes) -> bool:
    try:
        protocol.Changes.model_validate_json(body)
    except ValidationError:
        return False
    return True


def watch_health() -> None:
    """Record, at every tick, the lag of this process and the CPU time used so far."""
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
    if not line:  # Standard input was closed: the load is not needed any more.
        sys.exit(0)
    SETTINGS.update(json.loads(line))
    CROWD.extend(read_crowd(Path(SETTINGS["crowd"])))


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def _begin(environment: Any, **_kwargs: Any) -> None:
    SCHEDULE.begin()
    gevent.spawn(watch_health)
    print(json.dumps(SCHEDULE.windows), flush=True)
    _start, end = SCHEDULE.windows[FULL]
    # Locust's own option for the run time only has whole seconds.
    gevent.spawn_later((end - time.monotonic_ns() + PAUSE_NS) / 1e9, environment.runner.quit)


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def _write(**_kwargs: Any) -> None:
    LOG.close(SCHEDULE.due)
    LOG.recording().write(Path(SETTINGS["out"]))
