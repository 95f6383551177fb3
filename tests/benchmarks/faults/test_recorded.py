"""Tests of the verdicts from several starts of a server, some of which failed or lost deliveries.

The windows are synthetic: no server runs.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.measure.metrics import Evidence, samples
from benchmarks.measure.runs import Run
from benchmarks.measure.verdicts import Verdict
from tests.benchmarks.faults.registry import fault
from tests.benchmarks.measure.test_claims import (
    MESSAGES,
    NO_PROBES,
    capacity_search,
    delivery,
    judged,
)

DECIDED = set(Verdict) - {Verdict.INCONCLUSIVE, Verdict.INVALID}
DELIVERIES = MESSAGES * 19


def with_losses(window: Run, share: float) -> Run:
    """Return a copy of a window in which a share of the deliveries is lost."""
    seen = window.deliveries
    assert seen is not None
    lost = round(share * DELIVERIES)
    latencies = np.where(np.arange(DELIVERIES) < lost, np.inf, seen.latencies_ms)
    return replace(
        window,
        deliveries=replace(seen, received=DELIVERIES - lost, lost=lost, latencies_ms=latencies),
    )


def evidence_of_both(starts: int, lossy: int, share: float) -> Evidence:
    """Return windows of an old server that fails often, and of a new one with lossy starts.

    ``lossy`` is the number of starts in which the new server loses this share of its deliveries.
    """
    runs = []
    for start in range(1, starts + 1):
        for _window in range(2):
            old = delivery("gunicorn", start, 4000)
            new = delivery("daphne", start, 50)
            runs.append(replace(old, errors=Counter({"poll: TimeoutError": 200})))
            runs.append(with_losses(new, share) if start <= lossy else new)
    return Evidence(runs, NO_PROBES)


@fault(
    "a server that serves all users in one repeat of five",
    injected="in synthetic windows, one of five capacity searches ends without a failed step",
    caught_by="its result counts as “at least”; the claim is decided by all five starts",
)
@pytest.mark.parametrize(
    ("unfailing", "old", "new", "verdict"),
    [
        ("daphne", (80, 100), (800, 1100), Verdict.REPRODUCED),
        ("daphne", (40, 60), (2900, 4000), Verdict.EXCEEDED),
        ("gunicorn", (900, 1300), (300, 420), Verdict.CONTRADICTED),
    ],
)
def test_a_search_without_a_failed_step_counts_as_a_lower_bound(
    unfailing: str, old: tuple[int, int], new: tuple[int, int], verdict: Verdict
) -> None:
    runs = []
    for start in range(1, 6):
        for server, (held, failed) in (("gunicorn", old), ("daphne", new)):
            has_failed = server != unfailing or start < 5
            runs += capacity_search(server, start, held, failed if has_failed else 0)
    seen = Evidence(runs, NO_PROBES)
    found = judged("concurrency", seen)
    assert found.verdict is verdict, found.candidate.why
    for side in (found.baseline, found.candidate):
        assert (side.starts, side.left_out) == (5, ())
        assert side.bound == ("at least" if side.server == unfailing else "")
    assert found.candidate.change_bound == {"daphne": "at least", "gunicorn": "at most"}[unfailing]
    assert f"{found.candidate.change_bound} " in found.candidate.why
    assert samples(seen, "capacity", unfailing).starts == (1, 2, 3, 4, 5)


@fault(
    "5 of 10 repeats lose 20 % of their deliveries",
    injected="in synthetic windows, five of ten starts lose a fifth of their deliveries",
    caught_by="no start is left out; p99 is infinite, and stability is not reproduced",
)
def test_a_server_that_loses_deliveries_in_half_of_its_starts_does_not_reproduce_a_claim() -> None:
    without_losses = evidence_of_both(10, 0, 0.2)
    for name in ("delivery-latency", "stability"):
        assert judged(name, without_losses).verdict in {Verdict.REPRODUCED, Verdict.EXCEEDED}
    seen = evidence_of_both(10, 5, 0.2)
    latency, stability = judged("delivery-latency", seen), judged("stability", seen)
    for found in (latency, stability):
        assert found.verdict in DECIDED - {Verdict.REPRODUCED, Verdict.EXCEEDED}
        assert (found.candidate.starts, found.candidate.left_out) == (10, ())
    assert latency.candidate.value is not None
    assert latency.candidate.value.value == np.inf


def test_a_server_that_dies_in_one_of_three_starts_does_not_reproduce_stability() -> None:
    assert judged("stability", evidence_of_both(3, 0, 1.0)).verdict is Verdict.REPRODUCED
    found = judged("stability", evidence_of_both(3, 1, 1.0))
    assert found.verdict not in {Verdict.REPRODUCED, Verdict.EXCEEDED}
    assert found.candidate.left_out == ()


def throughput_window(server: str, start: int, answered: int, failed: int = 0) -> Run:
    """Return a window of HTTP requests at full load."""
    template = delivery(server, start, 10, scenario="http", phase="full")
    requests = {"page": np.full(answered, 20.0)} if answered else {}
    return replace(template, deliveries=None, requests=requests, failed_requests=failed)


def test_a_start_that_answers_no_request_counts_as_less_than_one() -> None:
    runs = [throughput_window("gunicorn", start, 1000 + 3 * start) for start in (1, 2, 3)]
    runs += [throughput_window("daphne", start, 1600 + 5 * start) for start in (1, 2, 3)]
    assert judged("throughput", Evidence(runs, NO_PROBES)).verdict in {
        Verdict.REPRODUCED,
        Verdict.EXCEEDED,
    }
    runs[-1] = throughput_window("daphne", 3, 0, failed=100)
    found = judged("throughput", Evidence(runs, NO_PROBES))
    assert found.verdict not in {Verdict.REPRODUCED, Verdict.EXCEEDED}
    assert (found.candidate.starts, found.candidate.left_out) == (3, ())
    assert found.candidate.value is not None
    assert found.candidate.value.low == 0
