from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from benchmarks.measure.fanout import (
    REFERENCE,
    Attempt,
    Fanout,
    HighestRate,
    client_crosscheck,
    fanouts,
    find_highest_rate,
    holds,
    summarise_servers,
)
from benchmarks.measure.health import GeneratorHealth
from tests.benchmarks.measure.windows import evidence, run

LAGGED = ("generator's event loop lagged 30 ms",)


def tried(rate: float, failed: str = "", limits: tuple[str, ...] = (), lost: int = 0) -> Attempt:
    return Attempt(
        rate,
        delivered=rate * 0.99,
        p99_ms=10.0,
        failed_because=failed,
        lost=lost,
        generator_limits=limits,
    )


def test_a_rate_holds_as_soon_as_one_try_held() -> None:
    assert holds([tried(1)]) is True
    assert holds([tried(1, "late"), tried(1)]) is True


def test_a_rate_at_which_something_is_lost_fails_at_once() -> None:
    assert holds([tried(1, "lost", lost=1)]) is False
    assert holds([tried(1, "late"), tried(1, "lost", lost=1)]) is False
    assert holds([tried(1, "lost", LAGGED, lost=1)]) is None


def test_a_rate_that_is_late_fails_only_when_two_tries_are() -> None:
    assert holds([]) is None
    assert holds([tried(1, "late")]) is None
    assert holds([tried(1, "late"), tried(1, "late")]) is False


def test_a_try_in_which_the_generator_was_the_limit_decides_nothing() -> None:
    assert holds([tried(1, limits=LAGGED)]) is None
    assert holds([tried(1, "late", LAGGED), tried(1, "late")]) is None
    assert holds([tried(1, "late", LAGGED), tried(1, "late"), tried(1)]) is True
    # After three such tries, the rate counts as failed, so that a search ends.
    assert holds([tried(1, limits=LAGGED)] * 3) is False


def test_the_held_rate_is_the_fastest_below_the_slowest_that_fails() -> None:
    found = find_highest_rate([tried(8, "late"), tried(8, "lost"), tried(16), tried(2), tried(4)])
    assert (found.rate, found.p99_ms, found.at_least) == (4 * 0.99, 10.0, False)
    assert found.stopped_by == "at 8/s: lost"
    assert found.invalid_because == ()


def test_the_held_rate_is_zero_and_has_a_reason_if_no_rate_holds() -> None:
    found = find_highest_rate([tried(2, "late"), tried(2, "late")])
    assert (found.rate, found.p99_ms, found.stopped_by) == (0.0, None, "at 2/s: late")


def test_the_held_rate_is_a_lower_bound_if_no_rate_fails() -> None:
    assert find_highest_rate([tried(2), tried(4)]).at_least
    with pytest.raises(ValueError, match="nothing was tried"):
        find_highest_rate([])


def test_the_held_rate_is_a_lower_bound_if_only_the_generator_stopped_the_search() -> None:
    found = find_highest_rate([tried(2), *[tried(4, "late", LAGGED)] * 3])
    assert (found.rate, found.at_least, found.invalid_because) == (2 * 0.99, True, ())
    assert found.stopped_by == f"at 4/s: only the {LAGGED[0]}"
    assert find_highest_rate([tried(4, "late", LAGGED)] * 3).invalid_because == LAGGED
    # One valid try is enough to show that the server is the limit.
    assert (
        find_highest_rate(
            [tried(2), *[tried(4, "late", LAGGED)] * 2, tried(4, "late")]
        ).invalid_because
        == ()
    )


def fanout(
    server: str,
    rate: float,
    repeat: int = 1,
    invalid: tuple[str, ...] = (),
    failed_at: float = 1000.0,
) -> Fanout:
    held = HighestRate(rate, 50.0, "at ...", failed_at=failed_at, invalid_because=invalid)
    return Fanout(server, 500, repeat, held)


def test_standings_are_medians_of_valid_repeats_and_ratios_to_the_baselines() -> None:
    found = summarise_servers(
        [
            *(fanout("daphne", rate, repeat) for repeat, rate in enumerate((3, 4, 90), 1)),
            *(fanout("ws", rate, repeat) for repeat, rate in enumerate((80, 80, 80), 1)),
            *(fanout("daphne-tuned", rate, repeat) for repeat, rate in enumerate((40, 40), 1)),
            fanout("daphne-tuned", 1, 3, LAGGED),
        ]
    )
    assert [one.server for one in found] == ["ws", "daphne-tuned", "daphne"]
    ws, tuned, plain = found
    assert (tuned.rate.value, tuned.repeats) == (40, 2)
    assert tuned.ratios["daphne"].of.value == pytest.approx(10)
    assert tuned.ratios["ws"].of.value == pytest.approx(0.5)
    assert tuned.ratios["ws"].of.low == pytest.approx(0.5)
    assert ws.ratios.keys() == {"daphne"}
    assert plain.ratios["ws"].of.value == pytest.approx(0.05)


def test_a_baseline_that_held_nothing_is_taken_at_the_lowest_rate_it_failed_at() -> None:
    (tuned, _plain) = summarise_servers(
        [fanout("daphne-tuned", 40), fanout("daphne", 0, failed_at=4)]
    )
    assert (tuned.ratios["daphne"].of.value, tuned.ratios["daphne"].at_least) == (10, True)


def test_a_ratio_is_a_bound_if_one_rate_is_a_lower_bound_and_missing_if_both_are() -> None:
    exact = fanout("daphne-tuned", 40)
    bounds = [
        replace(one, held=replace(one.held, failed_at=None)) for one in (fanout("ws", 80), exact)
    ]
    (_, tuned) = summarise_servers([exact, bounds[0]])
    assert (tuned.ratios["ws"].at_least, tuned.ratios["ws"].at_most) == (False, True)
    (_, tuned) = summarise_servers([fanout("ws", 80), bounds[1]])
    assert (tuned.ratios["ws"].at_least, tuned.ratios["ws"].at_most) == (True, False)
    assert summarise_servers(bounds)[1].ratios == {}


def test_there_is_no_ratio_to_a_baseline_that_was_not_measured() -> None:
    (tuned,) = summarise_servers([fanout("daphne-tuned", 40)])
    assert tuned.ratios == {}


def test_a_window_of_the_search_is_a_try_of_the_rate_that_its_phase_names() -> None:
    fine, late = run("fanout", "100", [5.0] * 100), run("fanout", "200", [150.0] * 200)
    lost = run("fanout", "200", [5.0] * 190, lost=10)
    (found,) = fanouts(evidence(fine, late, lost))
    assert (found.server, found.sockets, found.held.rate) == ("null", 11, 100)
    assert found.held.stopped_by == "at 200/s: 10 of 200 deliveries did not come in time"


@pytest.mark.parametrize(
    ("picows", "fields", "says"),
    [
        ([5.0] * 100, {}, []),
        ([14.0] * 100, {}, []),
        ([20.0] * 100, {}, ["p50"]),
        ([5.0] * 90 + [80.0] * 10, {}, ["p99"]),
        ([5.0] * 100, {"expected": 101, "lost": 1}, ["picows saw: 1 of 101"]),
        ([5.0] * 100, {"duplicated": 1}, ["picows saw: 1 deliveries duplicated"]),
        ([5.0] * 100, {"reordered": 1}, ["picows saw: 1 deliveries out of order"]),
        ([], {"expected": 100, "lost": 100}, ["picows saw", "p50", "p99"]),
    ],
)
def test_the_two_receiving_sides_have_to_agree(
    picows: list[float], fields: dict[str, Any], says: list[str]
) -> None:
    ones = (
        run("client-crosscheck", "websocket", [8.0] * 100),
        run("client-crosscheck", "picows", picows, **fields),
    )
    seen = client_crosscheck(evidence(*ones))
    assert seen is not None
    assert len(seen.disagreements) == len(says)
    for disagreement, word in zip(seen.disagreements, says, strict=True):
        assert word in disagreement
    (found,) = fanouts(evidence(*ones, run("fanout", "100", [5.0] * 100)))
    assert bool(found.held.invalid_because) == bool(says), (
        "a fan-out rests on the client_crosscheck"
    )


def test_the_p99_at_the_reference_rate_is_that_of_tries_without_loss() -> None:
    reference = f"{REFERENCE:.0f}"
    early, late = run("fanout", reference, [5.0] * 90), run("fanout", reference, [150.0] * 90)
    (one,) = fanouts(evidence(early, run("fanout", "200", [5.0] * 190)))
    assert one.reference_ms == 5.0
    (twice,) = fanouts(evidence(late, replace(late, window=early.window), early))
    assert twice.reference_ms == 150.0
    (lossy,) = fanouts(evidence(run("fanout", reference, [5.0] * 90, expected=100, lost=10)))
    assert lossy.reference_ms is None
    (limited,) = fanouts(evidence(replace(early, health=GeneratorHealth(10, 1, 50))))
    assert limited.reference_ms is None
    (standing,) = summarise_servers([one, replace(one, repeat=2, reference_ms=7.0), lossy])
    assert standing.reference_ms is not None
    assert standing.reference_ms.value == 6.0


def test_there_is_no_crosscheck_if_one_side_was_not_measured() -> None:
    assert client_crosscheck(evidence(run("client-crosscheck", "picows", [5.0] * 100))) is None
