from __future__ import annotations

import numpy as np
import pytest

from benchmarks.generator.health import TICK_NS, TickGrid
from benchmarks.measure.health import GeneratorHealth, Silence, health, worst

MS = 1_000_000
SECOND = 1000 * MS


def test_a_punctual_tick_has_no_lag() -> None:
    grid = TickGrid(0)
    assert grid.seconds_left(0) == pytest.approx(0.02)
    assert grid.passed(TICK_NS - 1) == []
    assert grid.passed(TICK_NS) == [(TICK_NS, 0)]


def test_every_tick_that_was_due_in_a_pause_has_its_own_lag() -> None:
    grid = TickGrid(0)
    assert grid.passed(70 * MS) == [
        (20 * MS, 50 * MS),
        (40 * MS, 30 * MS),
        (60 * MS, 10 * MS),
    ]
    assert grid.passed(80 * MS) == [(80 * MS, 0)], "the grid does not move"


def health_of(*, paused_ms: tuple[int, int] = (0, 0), until_ms: int = 6000) -> GeneratorHealth:
    """Return the health of a generator that used half of its processor in a window of 6 s.

    It served no tick between the two times ``paused_ms``, and none from ``until_ms`` on.
    """
    grid = TickGrid(-40 * MS)
    rows = []
    for now_ms in range(-40, until_ms, 20):
        if not paused_ms[0] <= now_ms < paused_ms[1]:
            now = now_ms * MS
            rows += [(due, lag, now // 2) for due, lag in grid.passed(now)]
    due, lag, cpu = np.array(rows, dtype=np.int64).T
    return health(3, (due, lag, cpu), (0, 6 * SECOND), 1.5)


def test_a_healthy_generator_has_neither_lag_nor_pause() -> None:
    seen = health_of()
    assert (seen.loop_lag_ms_p99, seen.longest_pause_ms, seen.silences) == (0, 0, ())
    assert seen.cpu_percent == pytest.approx(50)
    assert seen.schedule_slip_ms_p99 == 1.5


def test_one_pause_of_160_ms_in_six_seconds_is_detected() -> None:
    seen = health_of(paused_ms=(2000, 2160))
    assert seen.longest_pause_ms == 160
    assert seen.loop_lag_ms_p99 > 100
    assert seen.silences == (), "it was alive"


def test_a_generator_whose_ticks_end_is_silent_from_then_on() -> None:
    ((generator, seconds, share),) = health_of(until_ms=3000).silences
    assert (generator, seconds, share) == (3, pytest.approx(3.02), pytest.approx(0.5, abs=0.01))


def test_a_generator_without_ticks_is_silent_all_the_time() -> None:
    nothing = np.array([], dtype=np.int64)
    seen = health(0, (nothing, nothing, nothing), (0, SECOND), 0.0)
    assert seen.silences == (Silence(0, 1.0, 1.0),)


def test_each_figure_of_several_generators_is_that_of_the_worst() -> None:
    one = GeneratorHealth(10, 20, 3, 40, (Silence(0, 1.0, 0.5),))
    other = GeneratorHealth(50, 2, 30, 4, (Silence(1, 2.0, 0.9),))
    assert worst([one, other]) == GeneratorHealth(
        50, 20, 30, 40, (Silence(0, 1.0, 0.5), Silence(1, 2.0, 0.9))
    )
