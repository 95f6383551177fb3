from __future__ import annotations

import time

import pytest

from benchmarks.run.timeline import Timeline


def test_the_time_of_an_inner_span_is_subtracted_from_the_outer_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = iter([0.0, 1.0, 4.0, 4.5, 10.0, 12.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    timeline = Timeline()
    with timeline.span("stop", "daphne"), timeline.span("start"):
        pass
    with timeline.span("judge"):
        pass
    assert timeline.rows() == [
        {"server": "daphne", "activity": "start", "seconds": 3.0},
        {"server": "", "activity": "judge", "seconds": 2.0},
        {"server": "daphne", "activity": "stop", "seconds": 1.5},
    ]
