"""What a further round measures again, and that it fits into the time that is left."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from benchmarks.measure.claims_file import load_claims
from benchmarks.measure.questions import Need
from benchmarks.run.looks import Durations, Looks
from benchmarks.run.plan import SessionPlan
from benchmarks.run.profiles import STANDARD
from benchmarks.scenarios.registry import scenarios
from benchmarks.servers.registry import find_server


def session(server: str, names: tuple[str, ...], blocks: int, number: int = 1) -> SessionPlan:
    found = scenarios()
    return SessionPlan(number, find_server(server), 1, tuple(found[name] for name in names), blocks)


def test_a_session_is_expected_to_take_what_its_parts_took_the_last_time() -> None:
    durations = Durations(block=6.0)
    first = session("daphne", ("http", "delivery", "capacity"), blocks=8)
    durations.add(first, 110.0, {"http": 7.0, "delivery": 53.0, "capacity": 40.0})
    # 10 s around the scenarios; 5 s of the delivery are not its 8 windows.
    only_delivery = session("daphne", ("delivery",), blocks=10)
    assert durations.expected([only_delivery]) == pytest.approx(10 + 5 + 60)
    whole = session("daphne", ("http", "delivery", "capacity"), blocks=8)
    assert durations.expected([whole, only_delivery]) == pytest.approx(110 + 75)
    durations.add(only_delivery, 90.0, {"delivery": 70.0})
    assert durations.expected([session("daphne", ("capacity",), 0)]) == pytest.approx(20 + 40)


def test_a_third_round_that_comes_late_has_fewer_windows_but_not_too_few() -> None:
    durations = Durations(block=6.0)
    whole = session("daphne", ("delivery", "capacity"), blocks=8)
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
    # Who has fewer anyway keeps them, and so does a session without any.
    for few in (0, 2):
        assert durations.in_time(replace(third, blocks=few), -100.0, least=2).blocks == few


@pytest.mark.parametrize("repeat", [1, 2])
def test_nothing_is_shortened_before_it_is_known_how_long_a_round_takes(repeat: int) -> None:
    durations = Durations(block=6.0)
    whole = session("daphne", ("delivery",), blocks=8)
    durations.add(whole, 100.0, {"delivery": 53.0})
    assert durations.spare(replace(whole, repeat=repeat), [whole], 0.0) == math.inf
    assert durations.in_time(whole, math.inf, least=2) == whole


NAMES = ("http", "delivery", "capacity")
WAYS = ("gunicorn", "daphne", "daphne-tuned")
LOOKS = Looks(
    load_claims(), STANDARD, [find_server(one) for one in WAYS], [scenarios()[one] for one in NAMES]
)
NEEDS = [
    Need("typing", "daphne", "delivery", frozenset({"daphne"}), True, True),
    Need("concurrency", "daphne", "capacity", frozenset({"gunicorn", "daphne"}), True, False),
    Need(
        "throughput", "daphne-tuned", "http", frozenset({"gunicorn", "daphne-tuned"}), False, False
    ),
    Need("fanout", "daphne", "fanout", frozenset({"daphne"}), True, True),
]


def taking(seconds: float) -> Durations:
    """Return that each scenario takes so long, windows apart, and each session 10 s more."""
    durations = Durations(STANDARD.block)
    for server in WAYS:
        whole = session(server, NAMES, blocks=0)
        durations.add(whole, 10 + 3 * seconds, dict.fromkeys(NAMES, seconds))
    return durations


def planned(seconds_left: float) -> dict[str, set[str]]:
    """Return what a round that fits into the time does to each server."""
    sessions = LOOKS.fitting(NEEDS, 4, 30, taking(20.0), seconds_left)
    assert all((one.repeat, one.number >= 30) == (4, True) for one in sessions)
    return {one.server.name: {each.name for each in one.scenarios} for one in sessions}


def test_a_round_has_as_much_as_fits_and_the_most_important_first() -> None:
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


def test_late_deliveries_are_measured_for_as_long_as_there_is_time() -> None:
    around = 10 + 20

    def windows(seconds_left: float) -> int:
        (only,) = LOOKS.fitting(NEEDS[:1], 4, 30, taking(20.0), seconds_left)
        return only.blocks

    assert windows(around + 5.5 * STANDARD.block) == 5
    assert windows(1000) == STANDARD.extra_blocks
    # Another claim of the same windows does not shorten them.
    delivery = Need("delivery", "daphne", "delivery", frozenset({"daphne"}), True, True)
    (only,) = LOOKS.fitting([NEEDS[0], delivery], 4, 30, taking(20.0), around + 30)
    assert only.blocks == 5


def test_no_round_begins_for_which_there_is_no_time() -> None:
    assert LOOKS.fitting(NEEDS, 4, 30, taking(20.0), 29.0) == []


def test_only_how_late_deliveries_are_takes_many_windows() -> None:
    memory = Need("memory", "daphne", "delivery", frozenset({"gunicorn", "daphne"}), True, False)

    def blocks(needs: list[Need]) -> dict[str, int]:
        sessions = LOOKS.fitting(needs, 4, 30, taking(20.0), 1000)
        return {one.server.name: one.blocks for one in sessions}

    few, many = STANDARD.comparison_blocks, STANDARD.extra_blocks
    assert blocks([memory]) == {"gunicorn": few, "daphne": few}
    assert blocks([memory, NEEDS[0]]) == {"gunicorn": few, "daphne": many}
