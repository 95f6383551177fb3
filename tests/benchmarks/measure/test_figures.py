from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.measure.figures import (
    FEW,
    FIGURES,
    LOADED,
    MANY,
    ROLLING,
    FigureResult,
    figures,
    process_phase,
)
from benchmarks.measure.runs import Run, Usage
from benchmarks.scenarios.registry import scenarios
from tests.benchmarks.measure.windows import evidence, run

TUNED, PLAIN = "daphne-tuned", "daphne"


def seen(name: str, scenario: str, server: str, *runs: Run) -> FigureResult:
    (one,) = [
        one
        for one in figures(evidence(*runs))
        if (one.figure.name, one.figure.scenario, one.server) == (name, scenario, server)
    ]
    return one


def idle(phase: str, users: int, mib: float, **of: object) -> Run:
    usage = Usage({}, {"server": mib, "redis": mib * 7})
    return run("scale", phase, [], users=users, usage=usage, server=TUNED, **of)


def test_the_memory_of_a_socket_is_the_slope_between_few_and_many() -> None:
    found = seen(
        "memory of an idle socket",
        "scale",
        TUNED,
        idle(FEW, 1000, 100),
        idle(MANY, 3000, 150),
        idle(FEW, 1000, 100, repeat=2),
        idle(MANY, 3000, 200, repeat=2),
    )
    assert found.value is not None
    # 50 and 100 MiB for 2,000 sockets: this excludes the process itself and Redis.
    assert found.value.value == pytest.approx(75 * 1024 / 2000)
    assert (found.repeats, found.users) == (2, 3000)


def test_a_figure_has_its_ratio_to_the_configuration_of_the_write_up() -> None:
    runs = [
        run("storing", LOADED, [5.0] * 100, server=PLAIN),
        run("storing", LOADED, [5.0] * 400, server=TUNED),
    ]
    tuned = seen("stored and acknowledged", "storing", TUNED, *runs)
    assert tuned.value is not None
    assert tuned.ratio is not None
    assert (tuned.value.value, tuned.ratio.value) == (40, 4)
    assert seen("stored and acknowledged", "storing", PLAIN, *runs).ratio is None


def test_there_is_no_ratio_to_zero_or_to_a_server_that_was_not_measured() -> None:
    runs = [run("scale", LOADED, [5.0] * 100, server=server) for server in (PLAIN, TUNED)]
    assert seen("lost or unacknowledged", "scale", TUNED, *runs).ratio is None
    assert seen("delivery p99", "scale", TUNED, runs[1]).ratio is None


def test_a_run_in_which_the_generator_was_the_limit_is_left_out_and_named() -> None:
    found = seen(
        "stored and acknowledged",
        "storing",
        TUNED,
        run("storing", LOADED, [5.0] * 100, server=TUNED, cpu_percent=95),
    )
    assert (found.value, found.repeats) == (None, 0)
    assert "95 %" in found.left_out[0]


@pytest.mark.parametrize("fault", ["lost", "unsent"])
def test_a_restart_has_its_losses_unless_the_generator_left_messages_unsent(fault: str) -> None:
    broken = run("restart", ROLLING, [5.0] * 100, server=TUNED, **{fault: 3})
    found = seen("lost after all restarts, or unacknowledged", "restart", TUNED, broken)
    assert found.value is None if fault == "unsent" else found.value and found.value.value == 3


def restarted(index: int, away_s: list[float], back_s: list[float]) -> Run:
    window = run("restart", process_phase(index), [5.0] * 10, server=TUNED)
    return replace(window, away_s=np.array(away_s), back_s=np.array(back_s))


def test_a_restart_is_as_long_as_its_slowest_process_and_socket() -> None:
    runs = [
        run("restart", ROLLING, [5.0] * 10, server=TUNED),
        restarted(0, [0.5, 1.5], [3.0, 9.0]),
        restarted(1, [0.5], [12.0]),
    ]
    away = seen("longest that a socket was away", "restart", TUNED, *runs)
    back = seen("all back after a process was asked to end", "restart", TUNED, *runs)
    assert away.value is not None
    assert back.value is not None
    assert (away.value.value, back.value.value) == (1.5, 12.0)


def test_a_restart_after_which_nobody_returned_has_no_time_but_a_reason() -> None:
    found = seen("longest that a socket was away", "restart", TUNED, restarted(0, [], []))
    assert (found.value, found.left_out) == (None, ("repeat 1: nobody returned",))


def test_every_figure_belongs_to_a_registered_scenario() -> None:
    assert {figure.scenario for figure in FIGURES} <= scenarios().keys()
