"""HTTP as Locust users ask for it: the page and the API, first at a set pace, then flat out.

Started by the http scenario in a process of its own (Locust is gevent, the chat's
generators are asyncio). Locust rounds its own percentiles to two digits, so every
request is noted and the tables are ours. Settings come from the environment, set by
scenarios/http.py:

    FAWRAN_BENCH_CROWD      who is signed in
    FAWRAN_BENCH_HTTP       JSON: session, paced (s), full (s), rate (requests/s), users, out
"""

from __future__ import annotations

import json
import os
import random
import time
from itertools import count
from pathlib import Path
from typing import Any

import gevent
from locust import FastHttpUser, events, task
from pydantic import ValidationError

from benchmarks.generator.members import read_crowd
from benchmarks.recording import Recording
from reference_app.chat import protocol

SETTINGS = json.loads(os.environ["FAWRAN_BENCH_HTTP"])
CROWD = read_crowd(Path(os.environ["FAWRAN_BENCH_CROWD"]))
PAUSE_NS = 300_000_000
"""Between the phases, so that what one began is not counted in the other."""


class Phases:
    """When each phase begins and ends, on the monotonic clock; set when the load starts."""

    def __init__(self) -> None:
        self.windows: dict[str, tuple[int, int]] = {}

    def begin(self) -> None:
        """Lay out the phases from now."""
        start = time.monotonic_ns() + PAUSE_NS
        paced_end = start + round(SETTINGS["paced"] * 1e9)
        full_start = paced_end + PAUSE_NS
        self.windows = {
            "paced": (start, paced_end),
            "full": (full_start, full_start + round(SETTINGS["full"] * 1e9)),
        }

    def of(self, at_ns: int) -> str:
        """Return the phase that a moment belongs to, or nothing."""
        for phase, (start, end) in self.windows.items():
            if start <= at_ns < end:
                return phase
        return ""


PHASES = Phases()
ROWS: list[dict[str, Any]] = []
_numbers = count()


def pause(_user: ChatUser) -> float:
    """Return seconds until the user's next request: a set pace at first, then none.

    Independent people never fall into step, so the pauses are exponential: at a constant
    interval, one slow answer would make all ten ask at once for ever after.
    """
    _start, paced_end = PHASES.windows["paced"]
    if time.monotonic_ns() < paced_end:
        return random.expovariate(SETTINGS["rate"] / SETTINGS["users"])
    return 0.0


class ChatUser(FastHttpUser):
    """Somebody who loads the page and asks the API, by turns."""

    wait_time = pause
    network_timeout = 10.0
    connection_timeout = 10.0

    def on_start(self) -> None:
        """Take a place in the crowd."""
        self.member = CROWD[next(_numbers) % len(CROWD)]
        self.headers = {"Cookie": self.member.cookie}
        self._turn = random.random() < 0.5  # noqa: S311 - half begin with the page

    @task
    def page_and_api(self) -> None:
        """One request: the page if the last one was the API's, and the other way round."""
        self._turn = not self._turn
        if self._turn:
            self._get("page", "/", lambda body: b"<main" in body)
        else:
            self._get("api", "/api/sync?cursor=", _is_changes)

    def _get(self, name: str, path: str, is_right: Any) -> None:
        start = time.monotonic_ns()
        with self.client.get(
            path, name=name, headers=self.headers, catch_response=True, allow_redirects=False
        ) as response:
            duration = time.monotonic_ns() - start
            ok = response.status_code == 200 and is_right(response.content)
            if not ok:
                response.failure(f"status {response.status_code}, or not what was asked for")
        phase = PHASES.of(start)
        if phase:
            ROWS.append(
                {
                    "session": SETTINGS["session"],
                    "phase": phase,
                    "name": name,
                    "start_ns": start,
                    "duration_ns": duration,
                    "ok": ok,
                }
            )


def _is_changes(body: bytes) -> bool:
    try:
        protocol.Changes.model_validate_json(body)
    except ValidationError:
        return False
    return True


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def _begin(environment: Any, **_kwargs: Any) -> None:
    PHASES.begin()
    _start, end = PHASES.windows["full"]
    # Locust's own run time counts whole seconds.
    gevent.spawn_later((end - time.monotonic_ns() + PAUSE_NS) / 1e9, environment.runner.quit)


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def _write(**_kwargs: Any) -> None:
    out = Path(SETTINGS["out"])
    recording = Recording()
    recording.add("http", ROWS)
    recording.write(out)
    (out / "phases.json").write_text(json.dumps(PHASES.windows), encoding="utf-8")
