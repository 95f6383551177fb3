"""Test how often the design decides wrongly or not at all, on servers with a known truth.

Each server is measured with a number of complete designs, including all looks, and a fixed seed.
So the observed share that a test asserts is the same each time. With 400 designs, the true share
may be 2 points (two standard deviations) from an observed 5 %, and 3 points from 10 %. With 4,000
samples, it may be 0.7 points from 95 %.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.measure.claims_file import load_claims
from benchmarks.measure.deliveries import deliveries
from benchmarks.measure.intervals import mean, quantile, share, welch
from benchmarks.measure.sequential import Design
from benchmarks.measure.verdicts import Criterion, JudgedCriterion, Outcome, outcome, outcome_at
from benchmarks.recording import Window
from tests.benchmarks.measure.simulation import (
    LIMIT_MS,
    OTHERS,
    ROUNDS,
    STARTS,
    WINDOW_SECONDS,
    Floats,
    PausingServer,
    pausing_server,
)

DESIGNS = 400
SEED = 1927
FILE = load_claims()
BOTH_KINDS = pytest.mark.parametrize("regular", [True, False], ids=["regular", "poisson"])


def criterion_of(claim: str, of: str) -> Criterion:
    (found,) = [one for one in FILE.claims if one.id == claim]
    return next(one for one in found.criteria if one.of == of)


LATE = criterion_of("delivery-latency", "candidate")
MEMORY = criterion_of("memory", "change")


def outcome_of_design(late: Floats, sizes: Floats, design: Design) -> Outcome:
    """Return the outcome for the share at the look that settled it, or at the last look."""
    found = Outcome.OPEN
    for look in design.looks:
        seen = look >= STARTS
        quantity = share(late[seen], sizes[seen], STARTS[seen], OTHERS)
        criterion = LATE.at_end() if look == design.looks[-1] else LATE
        found = outcome(criterion, *quantity.bounds(design.nominal_level(look)))
        if found is not Outcome.OPEN:
            break
    return found


def is_wrong(found: Outcome, truth: float, criterion: Criterion) -> bool:
    """Return whether an outcome is false for the true value."""
    is_better = criterion.sign * truth >= criterion.sign * criterion.bound
    zone = criterion.zone_at_end
    assert zone is not None
    return {
        Outcome.EXCEEDED: not is_better,
        Outcome.MET: not is_better,
        Outcome.MISSED: is_better,
        Outcome.FALLS_SHORT: is_better,
        Outcome.AT_LIMIT: not zone[0] <= truth <= zone[1],
    }.get(found, False)


def error_rates(outcomes: list[Outcome], truth: float, criterion: Criterion) -> tuple[float, float]:
    """Return the share of designs that decide wrongly, and of those that decide nothing."""
    wrong = sum(is_wrong(one, truth, criterion) for one in outcomes)
    return wrong / len(outcomes), outcomes.count(Outcome.OPEN) / len(outcomes)


@BOTH_KINDS
@pytest.mark.parametrize("truth", [0.1, 0.5, 0.95, 1.3, 2.0])
def test_at_most_5_percent_are_wrong_and_10_percent_undecided(truth: float, regular: bool) -> None:
    server = pausing_server(truth, regular=regular)
    late, total = server.late_counts(np.random.default_rng(SEED), DESIGNS)
    outcomes = [
        outcome_of_design(one, sizes, FILE.design) for one, sizes in zip(late, total, strict=True)
    ]
    wrong, undecided = error_rates(outcomes, truth, LATE)
    assert wrong <= 0.05, Counter(outcomes)
    assert undecided <= 0.10, Counter(outcomes)


def test_testing_after_every_round_at_5_percent_would_be_wrong_too_often() -> None:
    """Show that the simulation detects a design that does not correct for its looks."""
    # At the threshold itself, every decision except "at the limit" is wrong for some server near
    # it. So this counts how often the interval of at least one look misses the truth.
    server = pausing_server(1.0, regular=False)
    late, total = server.late_counts(np.random.default_rng(SEED), 4000)

    def p_values(one: Floats, sizes: Floats) -> list[float]:
        looks = [look >= STARTS for look in FILE.design.looks]
        return [share(one[seen], sizes[seen], STARTS[seen], OTHERS).p_value(1.0) for seen in looks]

    smallest = np.array([min(p_values(*each)) for each in zip(late, total, strict=True)])

    def missed(level: float) -> float:
        return float((smallest < level).mean())

    assert missed(0.05) > 0.065
    assert missed(FILE.design.nominal_level(3)) <= 0.06


@BOTH_KINDS
def test_the_interval_of_p99_covers_the_truth_in_93_to_97_percent(regular: bool) -> None:
    """Check in each of 4,000 complete designs whether the interval contains the true p99.

    Woodruff's interval contains it exactly if the share of later deliveries is compatible with
    1 %.
    """
    server = pausing_server(1.0, regular=regular)
    assert server.share_later(LIMIT_MS) == pytest.approx(1.0, abs=1e-4)
    late, total = server.late_counts(np.random.default_rng(SEED), 4000)
    covered = [
        share(one, sizes, STARTS, OTHERS).p_value(1.0) >= 0.05
        for one, sizes in zip(late, total, strict=True)
    ]
    assert 0.93 <= np.mean(covered) <= 0.97


def test_starts_that_differ_a_little_are_covered_too() -> None:
    server = replace(pausing_server(1.0), start_spread=0.1)
    spreads = np.exp(0.1 * np.random.default_rng(SEED).normal(size=200))
    truth = float(
        np.mean([PausingServer(server.stretch * one).share_later(LIMIT_MS) for one in spreads])
    )
    late, total = server.late_counts(np.random.default_rng(SEED), DESIGNS)
    covered = [
        share(one, sizes, STARTS, OTHERS).p_value(truth) >= 0.05
        for one, sizes in zip(late, total, strict=True)
    ]
    assert np.mean(covered) >= 0.92


@BOTH_KINDS
def test_p50_and_p99_are_within_5_percent_of_the_truth(regular: bool) -> None:
    server = pausing_server(1.0, regular=regular)
    rng = np.random.default_rng(SEED)
    found = []
    for _ in range(100):
        windows = [one for seconds in ROUNDS for one in server.latencies(rng, seconds)]
        p50, p99 = (quantile(windows, list(STARTS), at, OTHERS) for at in (0.5, 0.99))
        found.append((p50.value, p99.value))
    p50_ms, p99_ms = np.median(found, axis=0)
    assert p50_ms == pytest.approx(server.quantile_ms(50), rel=0.05)
    assert p99_ms == pytest.approx(server.quantile_ms(1), rel=0.05)
    assert server.quantile_ms(1) == pytest.approx(LIMIT_MS, rel=1e-3)


@pytest.mark.parametrize("lost", [0, 1, 57, 1000])
def test_lost_deliveries_are_counted_exactly(lost: int) -> None:
    rng = np.random.default_rng(SEED + lost)
    window = Window(1, "delivery", "loaded", 500, 20, 0, WINDOW_SECONDS * 10**9, 20 * 10**9)
    sent = np.sort(rng.integers(0, window.end_ns, 250))
    messages = pd.DataFrame(
        {
            "session": 1,
            "kind": "message",
            "ref": np.arange(250),
            "sender": 0,
            "conversation": 1,
            "intended_ns": sent,
            "sent_ns": sent,
            "acked_ns": sent + 5_000_000,
            "seq": np.arange(250),
        }
    )
    ref = np.repeat(np.arange(250), OTHERS)
    arrivals = pd.DataFrame(
        {
            "session": 1,
            "ref": ref,
            "recipient": np.tile(np.arange(1, OTHERS + 1), 250),
            "received_ns": sent[ref] + rng.lognormal(math.log(1e7), 0.3, len(ref)).astype(int),
            "via": "push",
        }
    )
    kept = rng.permutation(len(arrivals))[lost:]
    seen = deliveries(messages, arrivals.iloc[np.sort(kept)], window, "message")
    assert (seen.lost, seen.expected, seen.received) == (lost, 4750, 4750 - lost)


@pytest.mark.parametrize("truth", [-20.0, -29.0, -31.0, -45.0])
def test_claims_about_resources_are_also_rarely_decided_wrongly(truth: float) -> None:
    """Let starts differ by 3 %, which is more than memory does and less than CPU may do."""
    rng = np.random.default_rng(SEED)
    old = np.exp(rng.normal(0, 0.03, (DESIGNS, len(ROUNDS)))) * 200
    new = np.exp(rng.normal(0, 0.03, (DESIGNS, len(ROUNDS)))) * 200 * (1 + truth / 100)
    outcomes = []
    for before, after in zip(old, new, strict=True):
        found = Outcome.OPEN
        for look in FILE.design.looks:
            criterion = MEMORY.at_end() if look == FILE.design.looks[-1] else MEMORY
            change = welch(mean(before[:look]), mean(after[:look]))
            found = outcome_at(JudgedCriterion(criterion, change), FILE.design.nominal_level(look))
            if found is not Outcome.OPEN:
                break
        outcomes.append(found)
    wrong, undecided = error_rates(outcomes, truth, MEMORY)
    assert wrong <= 0.05, Counter(outcomes)
    assert undecided <= 0.10, Counter(outcomes)
