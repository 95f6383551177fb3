"""Test the limits of the instrument, with a value within and a value beyond each limit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from benchmarks.measure.health import GeneratorHealth, Silence
from benchmarks.measure.processors import MachineLoad, Side, machine_load
from benchmarks.measure.runs import Run, Usage
from benchmarks.measure.validity import (
    THRESHOLDS,
    counts_refused_because,
    invalid_because,
    usage_refused_because,
)
from benchmarks.recording import GENERATOR_SIDE, SERVER_SIDE, TABLES, Window
from tests.benchmarks.measure.windows import run

SECOND = 10**9
WINDOW = Window(1, "delivery", "loaded", 11, 11, 0, 5 * SECOND, 6 * SECOND)
HEALTHY = GeneratorHealth(20, 2, 2, 5)
USED = Usage({"server": 1.0, "redis": 0.1}, {"server": 50.0, "redis": 5.0})


def window(**fields: Any) -> Run:
    """Return a window of five seconds without faults, except for these fields."""
    whole = replace(run("delivery", "loaded", [5.0] * 100, usage=USED), window=WINDOW)
    return replace(whole, **{"health": HEALTHY, "load": load(), **fields})


def load(*, foreign: float = 0.0, stolen: float = 0.0, coverage: float = 1.0) -> MachineLoad:
    sides = (Side(SERVER_SIDE, (0,), 2 + foreign, 2), Side(GENERATOR_SIDE, (1,), 1, 1))
    return MachineLoad(sides, {0: stolen, 1: 0.0}, coverage)


def test_a_window_without_faults_counts() -> None:
    assert invalid_because(window()) == []
    assert usage_refused_because(window()) == []


@pytest.mark.parametrize(
    ("within", "beyond", "named"),
    [
        ({"cpu_percent": 90}, {"cpu_percent": 91}, "generator used 91 % of its processor"),
        ({"loop_lag_ms_p99": 25}, {"loop_lag_ms_p99": 26}, "event loop lagged 26 ms (p99)"),
        ({"longest_pause_ms": 100}, {"longest_pause_ms": 150}, "generator paused for 150 ms"),
        ({"schedule_slip_ms_p99": 25}, {"schedule_slip_ms_p99": 26}, "sent 26 ms late (p99)"),
        (
            {"silences": (Silence(1, 0.2, 0.04),)},
            {"silences": (Silence(1, 3.0, 0.6),)},
            "generator 1 gave no sign of life for 3.0 s",
        ),
    ],
)
def test_a_generator_beyond_a_limit_makes_a_window_invalid(
    within: dict[str, Any], beyond: dict[str, Any], named: str
) -> None:
    assert invalid_because(window(health=replace(HEALTHY, **within))) == []
    (reason,) = invalid_because(window(health=replace(HEALTHY, **beyond)))
    assert named in reason


@pytest.mark.parametrize(
    ("within", "beyond", "named"),
    [
        # The limit for 5 s is a tenth, plus a tolerance for the kernel's clock ticks.
        ({"foreign": 0.59}, {"foreign": 1.7}, "another program used 34 % of processor 0"),
        ({"stolen": 0.27}, {"stolen": 0.6}, "the hypervisor took 12 % of processor 0"),
        ({"coverage": 0.95}, {"coverage": 0.4}, "only 40 % of the processors' load was sampled"),
    ],
)
def test_a_disturbed_processor_makes_a_window_invalid(
    within: dict[str, float], beyond: dict[str, float], named: str
) -> None:
    assert invalid_because(window(load=load(**within))) == []
    assert invalid_because(window(load=load(**beyond))) == [named]


def test_several_processors_of_a_side_are_named_together() -> None:
    shared = MachineLoad((Side(SERVER_SIDE, (0, 2), 7, 5),), {0: 0, 2: 0}, 1)
    named = "another program used 40 % of a processor (of 0, 2)"
    assert invalid_because(window(load=shared)) == [named]


def test_a_window_without_processor_samples_is_valid_and_no_lower_bound() -> None:
    assert invalid_because(window(load=None)) == []
    assert window(load=None).server_share is None
    assert not window(load=None).is_lower_bound


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"unsent": 3}, "generator left 3 messages unsent"),
        ({"early": 2}, "2 arrivals or acknowledgements before they were sent"),
        ({"unexpected": 1}, "1 arrivals more than expected"),
    ],
)
def test_unsent_early_or_unexpected_messages_make_a_window_and_its_counts_invalid(
    fields: dict[str, int], named: str
) -> None:
    seen = window().deliveries
    assert seen is not None
    invalid = window(deliveries=replace(seen, **fields))
    assert invalid_because(invalid) == counts_refused_because(invalid) == [named]


def test_a_pause_of_the_generator_changes_no_count() -> None:
    paused = window(health=replace(HEALTHY, longest_pause_ms=500))
    assert invalid_because(paused) != counts_refused_because(paused) == []


@pytest.mark.parametrize("fields", [{"lost": 30}, {"duplicated": 3}, {"unacknowledged": 9}])
def test_faults_of_the_server_do_not_make_a_window_invalid(fields: dict[str, int]) -> None:
    seen = window().deliveries
    assert seen is not None
    assert invalid_because(window(deliveries=replace(seen, **fields))) == []


@pytest.mark.parametrize(
    ("usage", "named"),
    [
        (replace(USED, ended=1), "1 of the server's processes ended or were replaced"),
        (replace(USED, coverage=0.9), "only 90 % of the window was sampled"),
        (replace(USED, cpu_seconds={"server": -1.14}), "server used -1.14 s of CPU"),
        (Usage({}, {}, 0.0), "the server's processes were not sampled"),
    ],
)
def test_cpu_and_memory_that_cannot_be_trusted_are_refused_by_name(
    usage: Usage, named: str
) -> None:
    (reason,) = usage_refused_because(window(usage=usage))
    assert named in reason
    assert invalid_because(window(usage=usage)) == [], "its deliveries count"


@pytest.mark.parametrize(("used", "is_bound"), [(4.6, False), (4.4, True)])
def test_a_server_that_was_not_saturated_gives_a_lower_bound(used: float, is_bound: bool) -> None:
    seen = window(load=MachineLoad((Side(SERVER_SIDE, (0,), 5, used),), {0: 0}, 1))
    assert seen.server_share == used / 5
    assert seen.is_lower_bound is is_bound


def samples(*at_s: float, cpu: int = 0, side: str = SERVER_SIDE) -> list[dict[str, object]]:
    """Return samples of a processor with half of the time busy and a tenth of it stolen."""
    return [
        {
            "session": 1,
            "at_ns": round(at * SECOND),
            "cpu": cpu,
            "side": side,
            "busy_ns": round(at * SECOND / 2),
            "steal_ns": round(at * SECOND / 10),
        }
        for at in at_s
    ]


def loaded(*rows: dict[str, object], used: float = 0.0) -> MachineLoad:
    frame = pd.DataFrame(rows, columns=TABLES["processors"].names)
    return machine_load(frame, {SERVER_SIDE: used}, WINDOW)


def test_counters_are_interpolated_at_the_edges_of_a_window() -> None:
    seen = loaded(*samples(-0.3, 0.4, 1.5, 3, 4.7, 5.2), used=1.0)
    (side,) = seen.sides
    assert side.busy == pytest.approx(2.5)
    assert side.foreign == pytest.approx(1.5)
    assert seen.stolen[0] == pytest.approx(0.5)
    assert seen.coverage == 1


@pytest.mark.parametrize(
    ("at_s", "coverage"),
    [
        ([], 0.0),
        ([1, 2, 3, 4, 5], 0.8),
        ([0, 1, 2, 3], 0.6),
        ([0, 1, 4, 5], 0.4),
        ([-1, 0.5, 2, 3.5, 6], 0.7),
        ([-1, 0.5, 2, 3.5, 5], 1.0),
    ],
)
def test_time_between_samples_that_are_too_far_apart_is_not_covered(
    at_s: list[float], coverage: float
) -> None:
    assert loaded(*samples(*at_s)).coverage == pytest.approx(coverage)


def test_the_processor_with_the_least_coverage_decides() -> None:
    two = [*samples(0, 1, 2, 3, 4, 5), *samples(0, 1, cpu=1, side=GENERATOR_SIDE)]
    assert loaded(*two).coverage == pytest.approx(0.2)


def test_every_limit_is_explained() -> None:
    assert len({one.of for one in THRESHOLDS}) == len(THRESHOLDS) == 9
    assert all(one.limit and one.why.endswith(".") for one in THRESHOLDS)


def test_a_window_with_a_dead_server_process_is_valid_but_its_usage_is_refused() -> None:
    died = window(deaths=("process 1 of 1 was ended by SIGKILL",))
    assert invalid_because(died) == counts_refused_because(died) == []
    (reason,) = usage_refused_because(died)
    assert reason == "the server is not whole: process 1 of 1 was ended by SIGKILL"
    assert window().is_lower_bound, "it is far from saturated"
    assert not died.is_lower_bound
