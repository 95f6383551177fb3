"""What a window counts of the requests that were made around it."""

from __future__ import annotations

import pytest

from benchmarks.measure.runs import Run, runs
from benchmarks.recording import Recording, Window

MS = 1_000_000
START, END = 1000 * MS, 2000 * MS


def http_window(phase: str, requests: list[tuple[int, int, bool]]) -> Run:
    """Return a window from 1,000 to 2,000 ms; a request has its start and length in ms."""
    recording = Recording()
    session = {"session": 1, "server": "daphne", "transport": "websocket", "repeat": 1, "arm": ""}
    recording.add("sessions", [{**session, "start_ns": 0}])
    window = Window(1, "http", phase, 10, 20, START, END, END)
    recording.add("windows", [window.__dict__])
    recording.add(
        "http",
        [
            {
                "session": 1,
                "phase": phase,
                "name": "page",
                "intended_ns": at * MS,
                "free_ns": at * MS,
                "start_ns": at * MS,
                "duration_ns": took * MS,
                "ok": ok,
            }
            for at, took, ok in requests
        ],
    )
    (found,) = runs(recording)
    return found


AROUND = [(990, 5, True), (990, 20, True), (1500, 20, True), (1990, 20, True), (1995, 1, False)]


@pytest.mark.parametrize(("phase", "answered"), [("full", [20.0, 20.0]), ("paced", [20.0, 20.0])])
def test_flat_out_counts_what_was_answered_and_a_pace_what_was_due(
    phase: str, answered: list[float]
) -> None:
    found = http_window(phase, AROUND)
    assert found.requests["page"].tolist() == answered
    assert found.failed_requests == 1


def test_what_is_under_way_at_the_end_is_no_work_done_flat_out() -> None:
    ending = [(1900, 50, True), *[(1950, 100, True)] * 10]
    assert len(http_window("full", ending).requests["page"]) == 1
    assert len(http_window("paced", ending).requests["page"]) == 11
