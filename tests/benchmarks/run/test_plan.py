from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.errors import BadRequest
from benchmarks.measure.claims_file import load_claims
from benchmarks.run.plan import CONTROL, plan, plan_extra_round
from benchmarks.run.profiles import FULL, PROFILES, STANDARD, Crowd, with_repeats
from benchmarks.run.selection import choose_scenarios, choose_servers
from benchmarks.scenarios.registry import scenarios
from benchmarks.servers.registry import find_server, servers

TUNED = find_server("daphne-tuned")
OLD, NEW, NULL = find_server("gunicorn"), find_server("daphne"), find_server("null")


def test_repeats_are_interleaved_so_that_drift_affects_both_servers_equally() -> None:
    sessions = plan(STANDARD, [OLD, NEW], [scenarios()["delivery"]], NULL)
    assert [(one.server.name, one.repeat) for one in sessions][:6] == [
        ("gunicorn", 1),
        ("daphne", 1),
        ("daphne", 2),
        ("gunicorn", 2),
        ("gunicorn", 3),
        ("daphne", 3),
    ]


def test_tls_and_calibration_have_separate_sessions() -> None:
    sessions = plan(STANDARD, [OLD, NEW], choose_scenarios(None, STANDARD), NULL)
    assert [one.server.name for one in sessions[:3]] == ["null", "gunicorn", "daphne"]
    assert [one.tls for one in sessions[:4]] == [False, True, True, False]
    assert len(sessions) == 3 + 2 * STANDARD.repeats


def test_the_baseline_has_a_second_start_as_the_control_in_each_round() -> None:
    sessions = plan(STANDARD, [OLD, NEW], [scenarios()["delivery"]], NULL, {"gunicorn"})
    starts = [(one.server.name, one.arm) for one in sessions if one.repeat == 2]
    assert starts == [("gunicorn", CONTROL), ("daphne", ""), ("gunicorn", "")]


def test_long_scenarios_run_once_on_a_server_for_comparison_and_never_on_the_control() -> None:
    usual = choose_scenarios(None, STANDARD)
    sessions = plan(STANDARD, [OLD, NEW, TUNED], usual, NULL, {"gunicorn"})
    searches = [
        (one.server.name, one.repeat, one.arm)
        for one in sessions
        if "capacity" in {scenario.name for scenario in one.scenarios}
    ]
    assert searches == [
        ("gunicorn", 1, ""),
        ("daphne", 1, ""),
        ("daphne-tuned", 1, ""),
        ("daphne", 2, ""),
        ("gunicorn", 2, ""),
        ("gunicorn", 3, ""),
        ("daphne", 3, ""),
    ]


def test_only_the_candidate_has_more_delivery_windows_in_each_start() -> None:
    sessions = plan(STANDARD, [OLD, NEW, TUNED], [scenarios()["delivery"]], NULL, {"gunicorn"})
    assert {(one.server.name, one.blocks) for one in sessions} == {
        ("gunicorn", STANDARD.comparison_blocks),
        ("daphne", STANDARD.blocks),
        ("daphne-tuned", STANDARD.comparison_blocks),
    }


def test_a_further_round_has_only_the_scenarios_of_open_claims() -> None:
    usual = choose_scenarios(None, STANDARD)
    extra = plan_extra_round(
        [(OLD, {"http"}), (NEW, {"delivery"})], usual, 4, 20, {OLD.name: 2, NEW.name: 10}
    )
    assert [(one.number, one.server, [s.name for s in one.scenarios]) for one in extra] == [
        (20, NEW, ["delivery"]),
        (21, OLD, ["http"]),
    ]
    assert [one.blocks for one in extra] == [STANDARD.extra_blocks, STANDARD.comparison_blocks]
    assert {one.repeat for one in extra} == {4}


def test_the_fan_out_has_separate_sessions_for_every_size_and_socket_server() -> None:
    fanout = choose_scenarios(["fanout"], FULL)
    chosen = choose_servers(None, fanout)
    sessions = plan(replace(FULL, repeats=2), chosen, fanout, NULL)
    assert [one.name for one in sessions[0].scenarios] == ["client-crosscheck"]
    assert (sessions[0].server, sessions[0].crowd) == (NULL, Crowd(500, 500))
    peers = [one.name for one in chosen if one.transport == "websocket"]
    assert {"daphne", "daphne-tuned", "null", "picows", "ws", "socket.io"} <= set(peers)
    turns = [(one.crowd, one.repeat, one.server.name) for one in sessions[1:]]
    assert turns == [
        (Crowd(sockets, sockets), repeat, name)
        for sockets in (500, 5000)
        for repeat, order in ((1, peers), (2, peers[::-1]))
        for name in order
    ]


def test_servers_for_the_fan_out_take_part_in_no_other_scenario() -> None:
    all_scenarios = choose_scenarios(None, FULL)
    sessions = plan(FULL, choose_servers(None, all_scenarios), all_scenarios, NULL)
    for one in sessions:
        if one.server.role in {"fanout", "bare"} and not one.scenarios[0].calibration:
            assert [scenario.name for scenario in one.scenarios] == ["fanout"]
        if one.server is OLD:
            assert not one.crowd


def test_the_fan_out_runs_on_request_or_in_the_full_profile() -> None:
    assert {"fanout", "client-crosscheck"} <= {one.name for one in choose_scenarios(None, FULL)}
    assert not {"fanout", "client-crosscheck"} & {
        one.name for one in choose_scenarios(None, STANDARD)
    }
    assert [one.name for one in choose_scenarios(["fanout"], STANDARD)] == [
        "fanout",
        "client-crosscheck",
    ]
    assert NULL not in choose_servers(None, choose_scenarios(None, STANDARD))


def test_a_server_that_takes_no_part_in_the_scenario_is_refused() -> None:
    with pytest.raises(BadRequest, match="gunicorn takes no part in fanout"):
        choose_servers(["gunicorn"], choose_scenarios(["fanout"], STANDARD))
    with pytest.raises(BadRequest, match="ws takes no part in delivery"):
        choose_servers(["ws"], choose_scenarios(["delivery"], STANDARD))


def test_the_standard_profile_repeats_often_enough_for_a_verdict() -> None:
    assert STANDARD.repeats >= load_claims().design.least_starts
    assert STANDARD.users == 500
    assert set(PROFILES) == {"smoke", "standard", "full"}


def test_every_server_and_scenario_has_a_summary() -> None:
    for thing in (*servers().values(), *scenarios().values()):
        assert thing.summary


def test_more_repeats_have_a_larger_time_budget() -> None:
    assert with_repeats(STANDARD, 2 * STANDARD.repeats).budget == 2 * STANDARD.budget
    assert with_repeats(STANDARD, 1).budget == STANDARD.budget
    assert with_repeats(STANDARD, 1).repeats == 1
