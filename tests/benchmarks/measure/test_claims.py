"""Test how claims are judged by made-up windows."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks.measure.claims import Judgement, judge
from benchmarks.measure.claims_file import ClaimsFile, load_claims
from benchmarks.measure.deliveries import Deliveries
from benchmarks.measure.metrics import CONTROL, Evidence
from benchmarks.measure.questions import OpenMeasurement, find_open_measurements
from benchmarks.measure.runs import GeneratorHealth, Run, Usage
from benchmarks.measure.verdicts import Verdict
from benchmarks.recording import Window

FILE = load_claims()
NO_PROBES = pd.DataFrame({"capability": [], "server": [], "offered": []})
HEALTHY = GeneratorHealth(20, 2, 2)
STARTS = 4
LATE_MS = 150.0
MESSAGES = 250
SECOND = 10**9


def delivery(
    server: str,
    start: int,
    latency_ms: float,
    *,
    late: float = 0.0,
    pss_mib: float = 100,
    scenario: str = "delivery",
    phase: str = "loaded",
) -> Run:
    """Return a window in which a share of the deliveries is later than the others."""
    latencies = np.full(MESSAGES * 19, latency_ms)
    latencies[: round(late * len(latencies))] = LATE_MS
    seen = Deliveries(
        sent=MESSAGES,
        unsent=0,
        unacknowledged=0,
        expected=len(latencies),
        received=len(latencies),
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
    # Starts always differ slightly, and not in the same way on each server.
    factor = 1 + 0.002 * ((start * 7 + len(server)) % 5)
    return Run(
        server=server,
        transport="websocket",
        repeat=start,
        window=Window(start, scenario, phase, 500, 20, 0, 10 * SECOND, 11 * SECOND),
        usage=Usage({"server": factor}, {"server": pss_mib * factor}),
        health=HEALTHY,
        operations=5000,
        errors=Counter(),
        deliveries=seen,
    )


def evidence(
    old: float, new: float, *, starts: int = STARTS, windows: int = 2, late: float = 0.0
) -> Evidence:
    """Return delivery windows of both servers; ``late`` is the late share of the candidate's."""
    return Evidence(
        [
            delivery(server, start, latency, late=share)
            for start in range(1, starts + 1)
            for _ in range(windows)
            for server, latency, share in (("gunicorn", old, 0.0), ("daphne", new, late))
        ],
        NO_PROBES,
    )


def judged(name: str, seen: Evidence, file: ClaimsFile = FILE) -> Judgement:
    return next(one for one in judge(file, seen) if one.claim.id == name)


def changed(name: str, seen: Evidence, server: str, change: dict[str, object]) -> Judgement:
    """Return a judgement with a change to the deliveries of every window of a server."""
    runs = [
        replace(run, deliveries=replace(run.deliveries, **change))
        if run.server == server and run.deliveries
        else run
        for run in seen.runs
    ]
    return judged(name, Evidence(runs, seen.probes))


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
    assert judged("delivery-latency", evidence(old, new)).verdict is verdict


@pytest.mark.parametrize(
    ("late", "verdict"),
    [(0.0, Verdict.REPRODUCED), (0.01, Verdict.AT_LIMIT), (0.1, Verdict.PARTLY)],
)
def test_a_bound_on_p99_is_a_bound_on_the_share_that_is_late(late: float, verdict: Verdict) -> None:
    found = judged("delivery-latency", evidence(4000, 50, late=late, windows=6))
    assert found.verdict is verdict
    share = found.candidate.criteria[1]
    assert share.criterion.later_than == 100
    assert share.seen.value == pytest.approx(late * 100, rel=0.02)


def test_lost_deliveries_have_infinite_latency_and_their_windows_count() -> None:
    seen = evidence(4000, 50)
    latencies = np.where(np.arange(MESSAGES * 19) < 1500, np.inf, 50.0)
    found = changed("delivery-latency", seen, "daphne", {"lost": 1500, "latencies_ms": latencies})
    assert found.verdict is Verdict.CONTRADICTED
    assert found.candidate.value is not None
    assert found.candidate.value.value == np.inf
    assert found.candidate.left_out == ()


def test_lost_deliveries_count_against_stability() -> None:
    assert judged("stability", evidence(100, 50, windows=6)).verdict is Verdict.PARTLY
    seen = evidence(100, 50, windows=6)
    assert changed("stability", seen, "daphne", {"lost": 500}).verdict is Verdict.NOT_REPRODUCED
    assert changed("stability", seen, "gunicorn", {"lost": 500}).verdict is Verdict.REPRODUCED


def test_fewer_than_three_starts_decide_nothing() -> None:
    found = judged("delivery-latency", evidence(4000, 50, starts=2, windows=20))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "Only 2 start" in found.candidate.why
    assert found.candidate.starts == 2
    assert found.candidate.windows == 40


def test_only_a_window_in_which_the_instrument_failed_is_left_out_and_named() -> None:
    seen = evidence(4000, 50)
    first, *others = seen.runs
    late = replace(first, health=GeneratorHealth(95, 2, 2))
    found = judged("delivery-latency", Evidence([late, *others], NO_PROBES))
    assert found.verdict is Verdict.REPRODUCED
    assert found.baseline.windows == 2 * STARTS - 1
    assert "95 %" in found.baseline.left_out[0]


def test_only_the_instrument_makes_a_claim_invalid() -> None:
    seen = evidence(4000, 50)
    runs = [replace(run, health=GeneratorHealth(20, 80, 2)) for run in seen.runs]
    found = judged("memory", Evidence(runs, NO_PROBES))
    assert found.verdict is Verdict.INVALID
    assert "generator" in found.candidate.why
    nothing = {"received": 0, "lost": MESSAGES * 19}
    assert changed("cpu", seen, "daphne", nothing).verdict is Verdict.INCONCLUSIVE


def test_a_claim_that_was_not_measured_is_inconclusive() -> None:
    found = judged("typing", Evidence([], NO_PROBES))
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "not measured" in found.candidate.why


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (False, True, Verdict.REPRODUCED),
        (True, True, Verdict.PARTLY),
        (False, False, Verdict.NOT_REPRODUCED),
    ],
)
def test_a_protocol_is_new_only_if_the_old_server_did_not_offer_it(
    old: bool, new: bool, verdict: Verdict
) -> None:
    probes = pd.DataFrame(
        [
            {"capability": "http2", "server": server, "offered": offered}
            for server, offered in (("gunicorn", old), ("daphne", new))
            for _ in range(5)
        ]
    )
    assert judged("http2", Evidence([], probes)).verdict is verdict


def test_the_cpu_of_a_start_is_its_total_cpu_for_its_total_deliveries() -> None:
    seen = evidence(4000, 50)
    runs = [
        replace(
            run,
            usage=Usage({"server": 3.0 if index % 4 < 2 else 1.0}, {"server": 100.0}),
            deliveries=replace(run.deliveries, received=3000 if index % 4 < 2 else 1000),
        )
        for index, run in enumerate(seen.runs)
        if run.deliveries
    ]
    found = judged("cpu", Evidence(runs, NO_PROBES)).baseline
    assert found.value is not None
    assert found.value.value == pytest.approx(1.0)


def capacity_search(server: str, start: int, held: int, failed: int) -> list[Run]:
    """Return the steps of a capacity search; a step with 0 users is left out."""
    steps = []
    for users, latency in ((held, 50.0), (failed, 90_000.0)):
        step = delivery(server, start, latency, scenario="capacity", phase="step")
        steps.append(replace(step, window=replace(step.window, users=users)))
    return [step for step in steps if step.window.users]


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ((40, 60), (4000, 0), Verdict.EXCEEDED),
        ((80, 100), (450, 560), Verdict.AT_LIMIT),
        ((900, 1300), (1200, 1800), Verdict.PARTLY),
        ((0, 20), (4000, 0), Verdict.EXCEEDED),
        ((4000, 0), (0, 20), Verdict.CONTRADICTED),
    ],
)
def test_a_bound_on_the_capacity_decides_a_claim_if_the_bound_is_enough(
    old: tuple[int, int], new: tuple[int, int], verdict: Verdict
) -> None:
    runs = [
        step
        for start in range(1, STARTS + 1)
        for server, bracket in (("gunicorn", old), ("daphne", new))
        for step in capacity_search(server, start, *bracket)
    ]
    assert judged("concurrency", Evidence(runs, NO_PROBES)).verdict is verdict


def test_every_way_of_serving_that_was_measured_has_an_answer_against_the_same_baseline() -> None:
    seen = evidence(4000, 50)
    tuned = [
        replace(run, server="daphne-tuned")
        for run in evidence(4000, 5).runs
        if run.server == "daphne"
    ]
    found = judged("delivery-latency", Evidence([*seen.runs, *tuned], NO_PROBES))
    roles = {one.server: (one.role, one.verdict) for one in found.answers}
    assert roles == {
        "gunicorn": ("baseline", None),
        "daphne": ("candidate", Verdict.REPRODUCED),
        "daphne-tuned": ("comparison", Verdict.REPRODUCED),
    }
    pair = judged("delivery-latency", seen)
    assert [one.server for one in pair.answers] == ["gunicorn", "daphne"]


def test_the_claims_of_one_way_share_the_allowed_error_by_holms_correction() -> None:
    found = judge(FILE, evidence(4000, 50))
    corrections = [one.candidate.holm for one in found if one.candidate.holm]
    level = FILE.design.nominal_level(STARTS)
    assert sorted(holm.rank for holm in corrections) == [1, 2, 3, 4, 5]
    for holm in corrections:
        assert holm.level == pytest.approx(level / (holm.of - holm.rank + 1))


MEMORY = next(one for one in FILE.claims if one.id == "memory")


def less_memory_in_starts_that_differ(factor: float, spread: float) -> Evidence:
    """Return evidence in which three starts of the candidate use about ``factor`` * 100 MiB.

    The starts differ by the factor ``spread``. Their CPU time differs more, so that the claim
    about it has a larger p-value.
    """
    of_start = {1: 1 / spread, 2: 1.0, 3: spread}
    runs = [
        replace(
            run,
            usage=Usage(
                {"server": of_start[run.repeat] ** 20},
                {"server": 100 * factor * of_start[run.repeat]},
            ),
        )
        if run.server == "daphne"
        else run
        for run in evidence(4000, 50, starts=3).runs
    ]
    return Evidence(runs, NO_PROBES)


def alone_and_in_the_family(seen: Evidence) -> tuple[Judgement, Judgement]:
    """Return the judgements of the memory claim as the only one, and as one of all claims."""
    return judged("memory", seen, replace(FILE, claims=(MEMORY,))), judged("memory", seen)


def test_a_claim_that_fails_holms_correction_is_inconclusive_and_says_why() -> None:
    alone, family = alone_and_in_the_family(less_memory_in_starts_that_differ(0.2, 1.35))
    assert alone.candidate.p_value == family.candidate.p_value
    assert alone.verdict in {Verdict.REPRODUCED, Verdict.EXCEEDED}
    assert family.verdict is Verdict.INCONCLUSIVE
    assert "Holm" in family.candidate.why


def test_a_claim_that_fails_holms_correction_is_measured_again() -> None:
    seen = less_memory_in_starts_that_differ(0.2, 1.35)
    assert "memory" in open_claims(seen, 3)
    assert find_open_measurements(seen, replace(FILE, claims=(MEMORY,)), ["daphne"], 3) == []


def test_whether_a_claim_is_exceeded_does_not_depend_on_the_other_claims() -> None:
    seen = less_memory_in_starts_that_differ(0.59, 1.0153)
    alone, family = alone_and_in_the_family(seen)
    assert (alone.verdict, family.verdict) == (Verdict.EXCEEDED, Verdict.EXCEEDED)
    assert "memory" not in open_claims(seen, 3)


def with_control(seen: Evidence, factor: float) -> Evidence:
    """Return evidence with a control arm that uses ``factor`` times the baseline's memory."""
    control = [
        replace(
            run,
            arm=CONTROL,
            window=replace(run.window, session=run.window.session + 1000),
            usage=Usage(
                run.usage.cpu_seconds,
                {role: used * factor for role, used in run.usage.pss_mib.items()},
            ),
        )
        for run in seen.runs
        if run.server == "gunicorn"
    ]
    return Evidence([*seen.runs, *control], seen.probes)


def less_memory(factor: float) -> Evidence:
    """Return evidence in which the candidate uses ``factor`` * 100 MiB."""
    seen = evidence(4000, 50)
    runs = [
        replace(run, usage=Usage({"server": 1.0}, {"server": 100 * factor}))
        if run.server == "daphne"
        else run
        for run in seen.runs
    ]
    return Evidence(runs, NO_PROBES)


@pytest.mark.parametrize(
    ("factor", "verdict", "downgraded"),
    [
        (1.0, Verdict.EXCEEDED, False),
        (1.1, Verdict.EXCEEDED, False),
        (1.5, Verdict.INCONCLUSIVE, True),
    ],
)
def test_a_baseline_that_differs_from_itself_makes_the_verdict_inconclusive(
    factor: float, verdict: Verdict, downgraded: bool
) -> None:
    found = judged("memory", with_control(less_memory(0.4), factor))
    assert found.verdict is verdict
    assert found.candidate.downgraded is downgraded
    assert found.control is not None
    assert found.control.value == pytest.approx((factor - 1) * 100, abs=1e-6)
    # The starts of both arms of the baseline form one sample of its memory.
    assert found.baseline.starts == 2 * STARTS


def open_claims(seen: Evidence, round_number: int) -> set[str]:
    return {one.claim for one in find_open_measurements(seen, FILE, ["daphne"], round_number)}


def test_nothing_is_settled_before_the_first_look() -> None:
    seen = evidence(4000, 50)
    statistical = {one.id for one in FILE.claims if not one.is_answer}
    assert open_claims(seen, 2) == statistical
    assert open_claims(seen, 3) == {"concurrency", "throughput", "typing"}


def test_open_claims_are_measured_again_and_the_baseline_only_where_needed() -> None:
    seen = evidence(4000, 50, late=0.008)
    needed = find_open_measurements(seen, FILE, ["daphne"], 3)
    assert {one.scenario for one in needed if "daphne" in one.servers} == {
        "delivery",
        "http",
        "capacity",
    }
    claim = next(one for one in FILE.claims if one.id == "delivery-latency")
    alone = replace(FILE, claims=(claim,))
    assert find_open_measurements(seen, alone, ["daphne"], 3) == [
        OpenMeasurement("delivery-latency", "daphne", "delivery", frozenset({"daphne"}), True, True)
    ]


def test_the_baseline_needs_no_measurement_for_itself() -> None:
    assert find_open_measurements(evidence(4000, 50), FILE, ["gunicorn"], 3) == []


def test_the_wider_zone_applies_only_at_the_last_look() -> None:
    claim = next(one for one in FILE.claims if one.id == "delivery-latency")
    alone = replace(FILE, claims=(claim,))
    shares = [0.001, 0.021]
    seen = Evidence(
        [
            delivery(server, start, latency, late=share)
            for start in range(1, 5)
            for share in shares
            for server, latency in (("gunicorn", 4000.0), ("daphne", 50.0))
        ],
        NO_PROBES,
    )
    early = find_open_measurements(seen, alone, ["daphne"], 3)
    late = find_open_measurements(seen, alone, ["daphne"], 4)
    assert ([one.claim for one in early], late) == (["delivery-latency"], [])
    assert judged("delivery-latency", seen, alone).verdict is Verdict.AT_LIMIT
