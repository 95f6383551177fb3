from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.measure.claims import judge, load_claims
from benchmarks.measure.deliveries import Deliveries
from benchmarks.measure.metrics import Evidence
from benchmarks.measure.runs import GeneratorHealth, Run, Usage
from benchmarks.measure.verdicts import Verdict
from benchmarks.recording import Window

CLAIMS = {claim.id: claim for claim in load_claims()}
NO_PROBES = pd.DataFrame({"capability": [], "server": [], "offered": []})
HEALTHY = GeneratorHealth(20, 2, 2)


def delivery(server: str, repeat: int, latency_ms: float, pss_mib: float = 100) -> Run:
    latencies = np.full(1000, latency_ms)
    seen = Deliveries(
        sent=100,
        unsent=0,
        unacknowledged=0,
        expected=1000,
        received=1000,
        lost=0,
        duplicated=0,
        reordered=0,
        recovered=0,
        latencies_ms=latencies,
        since_sent_ms=latencies,
        ack_ms=latencies,
        slip_ms=np.array([1.0]),
        slowest_first_ms=latency_ms,
    )
    return Run(
        server=server,
        transport="websocket",
        repeat=repeat,
        window=Window(1, "delivery", "loaded", 500, 20, 0, 10**10, 10**10),
        usage=Usage({"server": 1.0}, {"server": pss_mib}),
        health=HEALTHY,
        operations=5000,
        errors=Counter(),
        deliveries=seen,
    )


def evidence(old: float, new: float, repeats: int = 5) -> Evidence:
    runs = [
        delivery(server, repeat, latency)
        for server, latency in (("gunicorn", old), ("daphne", new))
        for repeat in range(1, repeats + 1)
    ]
    return Evidence(runs, NO_PROBES)


def test_all_ten_claims_of_the_document_are_there() -> None:
    assert list(CLAIMS) == [
        "delivery-latency",
        "memory",
        "cpu",
        "concurrency",
        "websocket",
        "http2",
        "throughput",
        "stability",
        "typing",
        "resources",
    ]


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (4000, 50, Verdict.REPRODUCED),
        (4000, 150, Verdict.PARTLY),
        (1000, 90, Verdict.PARTLY),
        (100, 90_000, Verdict.CONTRADICTED),
    ],
)
def test_a_latency_claim_is_judged_by_its_change_and_its_bound(
    old: float, new: float, verdict: Verdict
) -> None:
    assert judge(CLAIMS["delivery-latency"], evidence(old, new)).verdict is verdict


def test_fewer_than_five_repeats_decide_nothing() -> None:
    found = judge(CLAIMS["delivery-latency"], evidence(4000, 50, repeats=4))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "4 valid repeat" in found.why


def test_a_single_lost_delivery_voids_a_latency() -> None:
    good = evidence(4000, 50)
    runs = [
        replace(run, deliveries=replace(run.deliveries, lost=1))
        if run.server == "daphne" and run.deliveries
        else run
        for run in good.runs
    ]
    found = judge(CLAIMS["delivery-latency"], Evidence(runs, NO_PROBES))
    assert found.verdict is Verdict.INVALID
    assert "lost" in found.why


@pytest.mark.parametrize(
    "health",
    [GeneratorHealth(95, 2, 2), GeneratorHealth(20, 80, 2), GeneratorHealth(20, 2, 80)],
)
def test_a_busy_generator_makes_a_run_invalid_not_slow(health: GeneratorHealth) -> None:
    good = evidence(4000, 50)
    runs = [replace(run, health=health) for run in good.runs]
    found = judge(CLAIMS["memory"], Evidence(runs, NO_PROBES))
    assert found.verdict is Verdict.INVALID
    assert "generator" in found.why


def test_what_was_not_measured_is_inconclusive() -> None:
    assert judge(CLAIMS["typing"], Evidence([], NO_PROBES)).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (False, True, Verdict.REPRODUCED),
        (True, True, Verdict.PARTLY),
        (False, False, Verdict.NOT_REPRODUCED),
    ],
)
def test_an_offer_is_new_only_if_the_old_server_did_not_make_it(
    old: bool, new: bool, verdict: Verdict
) -> None:
    probes = pd.DataFrame(
        [
            {"capability": "http2", "server": server, "offered": offered}
            for server, offered in (("gunicorn", old), ("daphne", new))
            for _ in range(5)
        ]
    )
    assert judge(CLAIMS["http2"], Evidence([], probes)).verdict is verdict


def test_stability_needs_the_old_servers_errors_too() -> None:
    found = judge(CLAIMS["stability"], evidence(100, 50))
    assert found.verdict is Verdict.PARTLY
    assert found.baseline is not None
    assert found.baseline.value == 0
