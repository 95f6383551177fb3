"""Test which of the requests around a window the window counts."""

from __future__ import annotations

import pytest

from benchmarks.measure.runs import Run, runs
from benchmarks.recording import Recording, Window

MS = 1_000_000
START, END = 1000 * MS, 2000 * MS


def http_window(phase: str, requests: list[tuple[int, int, bool]]) -> Run:
    """Return a window from 1,000 to 2,000 ms with these requests.

    A request is its start and its duration in ms, and whether it succeeded.
    """
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


AROUND = [(990, 5, True), (990, 25, True), (1500, 20, True), (1990, 30, True), (1995, 1, False)]


@pytest.mark.parametrize(("phase", "answered"), [("full", [25.0, 20.0]), ("paced", [20.0, 30.0])])
def test_full_load_counts_requests_by_their_answer_and_paced_load_by_their_due_time(
    phase: str, answered: list[float]
) -> None:
    found = http_window(phase, AROUND)
    assert found.requests["page"].tolist() == answered
    assert found.failed_requests == 1


def test_requests_without_an_answer_at_the_end_do_not_count_under_full_load() -> None:
    ending = [(1900, 50, True), *[(1950, 100, True)] * 10]
    assert len(http_window("full", ending).requests["page"]) == 1
    assert len(http_window("paced", ending).requests["page"]) == 11
