"""Tests of the further round: what it measures again, and that it fits into the time left."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.measure.claims_file import load_claims
from benchmarks.measure.questions import OpenMeasurement
from benchmarks.run.looks import Durations, Looks
from benchmarks.run.plan import SessionPlan
from benchmarks.run.profiles import STANDARD
from benchmarks.scenarios.registry import scenarios
from benchmarks.servers.registry import find_server


def session_of(server: str, names: tuple[str, ...], blocks: int, number: int = 1) -> SessionPlan:
    known = scenarios()
    return SessionPlan(number, find_server(server), 1, tuple(known[name] for name in names), blocks)


def test_the_expected_time_of_a_session_is_that_of_its_parts_in_the_last_session() -> None:
    durations = Durations(block=6.0)
    first = session_of("daphne", ("http", "delivery", "capacity"), blocks=8)
    durations.add(first, 110.0, {"http": 7.0, "delivery": 53.0, "capacity": 40.0})
    # The session takes 10 s without its scenarios, and the delivery 5 s without its 8 windows.
    only_delivery = session_of("daphne", ("delivery",), blocks=10)
    assert durations.expected([only_delivery]) == pytest.approx(10 + 5 + 60)
    whole = session_of("daphne", ("http", "delivery", "capacity"), blocks=8)
    assert durations.expected([whole, only_delivery]) == pytest.approx(110 + 75)
    durations.add(only_delivery, 90.0, {"delivery": 70.0})
    assert durations.expected([session_of("daphne", ("capacity",), 0)]) == pytest.approx(20 + 40)


def test_a_late_third_round_has_fewer_windows_but_at_least_the_minimum() -> None:
    durations = Durations(block=6.0)
    whole = session_of("daphne", ("delivery", "capacity"), blocks=8)
    durations.add(whole, 100.0, {"delivery": 53.0, "capacity": 40.0})
    third = replace(whole, repeat=3)
    following = [replace(third, server=find_server("gunicorn"))]
    durations.add(following[0], 130.0, {"delivery": 53.0, "capacity": 70.0})

    def blocks(seconds_left: float) -> int:
        spare = durations.spare(third, following, seconds_left)
        return durations.in_time(third, spare, least=2).blocks

    assert blocks(230.0) == 8
    assert blocks(229.9) == blocks(224.0) == 7
    assert blocks(223.9) == 6
    assert blocks(10.0) == 2
    # A session with fewer windows, or with none, is not changed.
    for few in (0, 2):
        assert durations.in_time(replace(third, blocks=few), -100.0, least=2).blocks == few


@pytest.mark.parametrize("repeat", [1, 2])
def test_the_first_two_rounds_are_never_shortened(repeat: int) -> None:
    durations = Durations(block=6.0)
    whole = session_of("daphne", ("delivery",), blocks=8)
    durations.add(whole, 100.0, {"delivery": 53.0})
    assert durations.spare(replace(whole, repeat=repeat), [whole], 0.0) == math.inf
    assert durations.in_time(whole, math.inf, least=2) == whole


NAMES = ("http", "delivery", "capacity")
WAYS = ("gunicorn", "daphne", "daphne-tuned")
LOOKS = Looks(
    load_claims(), STANDARD, [find_server(one) for one in WAYS], [scenarios()[one] for one in NAMES]
)
NEEDS = [
    OpenMeasurement("typing", "daphne", "delivery", frozenset({"daphne"}), True, True),
    OpenMeasurement(
        "concurrency", "daphne", "capacity", frozenset({"gunicorn", "daphne"}), True, False
    ),
    OpenMeasurement(
        "throughput", "daphne-tuned", "http", frozenset({"gunicorn", "daphne-tuned"}), False, False
    ),
    OpenMeasurement("fanout", "daphne", "fanout", frozenset({"daphne"}), True, True),
]


def durations_with(seconds: float) -> Durations:
    """Return durations in which each scenario takes this time, and each session 10 s more.

    The time of delivery windows is not included.
    """
    durations = Durations(STANDARD.block)
    for server in WAYS:
        whole = session_of(server, NAMES, blocks=0)
        durations.add(whole, 10 + 3 * seconds, dict.fromkeys(NAMES, seconds))
    return durations


def planned(seconds_left: float) -> dict[str, set[str]]:
    """Return the scenarios for each server in a round that fits into the time."""
    sessions = LOOKS.fitting(NEEDS, 4, 30, durations_with(20.0), seconds_left)
    assert all((one.repeat, one.number >= 30) == (4, True) for one in sessions)
    return {one.server.name: {each.name for each in one.scenarios} for one in sessions}


def test_a_round_has_as_many_needs_as_fit_the_most_important_first() -> None:
    windows = STANDARD.extra_blocks * STANDARD.block
    typing = 10 + 20 + windows
    fewest = 10 + 20 + STANDARD.comparison_blocks * STANDARD.block
    assert planned(fewest - 1) == {}
    assert planned(fewest) == {"daphne": {"delivery"}}
    assert planned(typing) == {"daphne": {"delivery"}}
    assert planned(typing + 20 + 30) == {
        "daphne": {"delivery", "capacity"},
        "gunicorn": {"capacity"},
    }
    assert planned(1000) == {
        "daphne": {"delivery", "capacity"},
        "gunicorn": {"capacity", "http"},
        "daphne-tuned": {"http"},
    }


def test_a_claim_about_late_deliveries_has_as_many_windows_as_fit() -> None:
    without_windows = 10 + 20

    def windows(seconds_left: float) -> int:
        (only,) = LOOKS.fitting(NEEDS[:1], 4, 30, durations_with(20.0), seconds_left)
        return only.blocks

    assert windows(without_windows + 5.5 * STANDARD.block) == 5
    assert windows(1000) == STANDARD.extra_blocks
    # A second claim that uses the same windows does not reduce their number.
    delivery = OpenMeasurement("delivery", "daphne", "delivery", frozenset({"daphne"}), True, True)
    needs = [NEEDS[0], delivery]
    (only,) = LOOKS.fitting(needs, 4, 30, durations_with(20.0), without_windows + 30)
    assert only.blocks == 5


def test_there_is_no_round_without_enough_time() -> None:
    assert LOOKS.fitting(NEEDS, 4, 30, durations_with(20.0), 29.0) == []


def test_only_claims_about_late_deliveries_have_many_windows() -> None:
    memory = OpenMeasurement(
        "memory", "daphne", "delivery", frozenset({"gunicorn", "daphne"}), True, False
    )

    def blocks(needs: list[OpenMeasurement]) -> dict[str, int]:
        sessions = LOOKS.fitting(needs, 4, 30, durations_with(20.0), 1000)
        return {one.server.name: one.blocks for one in sessions}

    few, many = STANDARD.comparison_blocks, STANDARD.extra_blocks
    assert blocks([memory]) == {"gunicorn": few, "daphne": few}
    assert blocks([memory, NEEDS[0]]) == {"gunicorn": few, "daphne": many}
