"""The pace of a client that asks too often."""

from __future__ import annotations

from reference_app.chat.pacing import Pace


def test_a_burst_is_not_delayed_and_what_follows_comes_at_the_rate() -> None:
    pace = Pace(burst=3, per_second=2)
    assert [pace.delay(100.0) for _ in range(6)] == [0, 0, 0, 0.5, 1.0, 1.5]


def test_who_waits_as_long_as_told_is_delayed_no_further() -> None:
    pace, now = Pace(burst=1, per_second=2), 100.0
    for _ in range(5):
        now += pace.delay(now)
    assert now == 102.0


def test_a_burst_is_earned_again_by_silence() -> None:
    pace = Pace(burst=2, per_second=1)
    assert [pace.delay(100.0) for _ in range(3)] == [0, 0, 1.0]
    assert [pace.delay(110.0) for _ in range(3)] == [0, 0, 1.0]
