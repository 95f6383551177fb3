"""Supervision: how long a process that died waits until it is started again."""

from __future__ import annotations

from reference_app.serving.supervision import BACK_OFF, STEADY, Fate


def waits(*lived: float) -> list[float]:
    """Return the wait before each restart, in seconds, of a process that lived this long."""
    fate, waits = Fate(), []
    for seconds in lived:
        fate = fate.died(started=100, now=100 + seconds)
        assert fate.restart_at is not None
        waits.append(fate.restart_at - (100 + seconds))
        fate = fate.restarted()
    return waits


def test_each_death_soon_after_the_start_makes_the_wait_longer() -> None:
    assert waits(*[1] * 7) == [*BACK_OFF, BACK_OFF[-1], BACK_OFF[-1]]


def test_a_long_life_resets_the_wait() -> None:
    assert waits(1, 1, STEADY + 1, 1) == [BACK_OFF[0], BACK_OFF[1], BACK_OFF[0], BACK_OFF[1]]


def test_a_running_process_is_not_to_be_started() -> None:
    assert Fate().died(started=0, now=1).restarted().restart_at is None
