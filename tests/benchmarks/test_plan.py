from __future__ import annotations

from benchmarks.plan import plan
from benchmarks.profiles import PROFILES, STANDARD, VERDICT_REPEATS
from benchmarks.scenarios.registry import scenarios
from benchmarks.servers.registry import find_server, servers

BESIDE = find_server("daphne-tuned")
OLD, NEW, NULL = find_server("gunicorn"), find_server("daphne"), find_server("null")


def test_repeats_are_interleaved_so_that_drift_hits_both_alike() -> None:
    sessions = plan(STANDARD, [OLD, NEW], [scenarios()["delivery"]], NULL)
    assert [(one.server.name, one.repeat) for one in sessions][:6] == [
        ("gunicorn", 1),
        ("daphne", 1),
        ("daphne", 2),
        ("gunicorn", 2),
        ("gunicorn", 3),
        ("daphne", 3),
    ]


def test_tls_and_calibration_have_sessions_of_their_own() -> None:
    sessions = plan(STANDARD, [OLD, NEW], list(scenarios().values()), NULL)
    assert [one.server.name for one in sessions[:3]] == ["null", "gunicorn", "daphne"]
    assert [one.tls for one in sessions[:4]] == [False, True, True, False]
    assert len(sessions) == 3 + 2 * STANDARD.repeats


def test_a_server_that_no_claim_is_about_is_measured_beside_where_it_fits() -> None:
    every = list(scenarios().values())
    short = plan(STANDARD, [OLD, NEW, BESIDE], every, NULL)
    done = {one.scenarios for one in short if one.server is BESIDE}
    assert [[one.name for one in each] for each in done] == [["resources", "delivery", "typing"]]
    assert [one.repeat for one in short if one.server is BESIDE] == [1, 3, 5]
    full = plan(PROFILES["full"], [OLD, NEW, BESIDE], every, NULL)
    assert "capacity" in {
        one.name for each in full if each.server is BESIDE for one in each.scenarios
    }


def test_the_standard_profile_repeats_often_enough_for_a_verdict() -> None:
    assert STANDARD.repeats >= VERDICT_REPEATS
    assert STANDARD.users == 500
    assert set(PROFILES) == {"smoke", "standard", "full"}


def test_every_server_and_scenario_says_what_it_is() -> None:
    for thing in (*servers().values(), *scenarios().values()):
        assert thing.summary
