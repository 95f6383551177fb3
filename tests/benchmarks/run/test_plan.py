from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.errors import BadRequest
from benchmarks.run.plan import plan
from benchmarks.run.profiles import FULL, PROFILES, STANDARD, VERDICT_REPEATS, Crowd
from benchmarks.run.selection import choose_scenarios, choose_servers
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
    sessions = plan(STANDARD, [OLD, NEW], choose_scenarios(None, STANDARD), NULL)
    assert [one.server.name for one in sessions[:3]] == ["null", "gunicorn", "daphne"]
    assert [one.tls for one in sessions[:4]] == [False, True, True, False]
    assert len(sessions) == 3 + 2 * STANDARD.repeats


def test_a_server_that_no_claim_is_about_is_measured_beside_where_it_fits() -> None:
    usual = choose_scenarios(None, STANDARD)
    short = plan(STANDARD, [OLD, NEW, BESIDE], usual, NULL)
    done = {one.scenarios for one in short if one.server is BESIDE}
    assert [[one.name for one in each] for each in done] == [["resources", "delivery", "typing"]]
    assert [one.repeat for one in short if one.server is BESIDE] == [1, 4]
    full = plan(FULL, [OLD, NEW, BESIDE], usual, NULL)
    assert "capacity" in {
        one.name for each in full if each.server is BESIDE for one in each.scenarios
    }


def test_the_fan_out_has_sessions_of_its_own_for_every_size_and_every_socket() -> None:
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


def test_who_has_no_application_takes_part_in_nothing_but_the_fan_out() -> None:
    everything = choose_scenarios(None, FULL)
    sessions = plan(FULL, choose_servers(None, everything), everything, NULL)
    for one in sessions:
        if one.server.role in {"fanout", "bare"} and not one.scenarios[0].calibration:
            assert [scenario.name for scenario in one.scenarios] == ["fanout"]
        if one.server is OLD:
            assert not one.crowd


def test_the_fan_out_runs_when_asked_for_or_with_everything() -> None:
    assert {"fanout", "client-crosscheck"} <= {one.name for one in choose_scenarios(None, FULL)}
    assert not {"fanout", "client-crosscheck"} & {
        one.name for one in choose_scenarios(None, STANDARD)
    }
    assert [one.name for one in choose_scenarios(["fanout"], STANDARD)] == [
        "fanout",
        "client-crosscheck",
    ]
    assert NULL not in choose_servers(None, choose_scenarios(None, STANDARD))


def test_a_server_that_takes_no_part_in_what_was_asked_for_is_refused() -> None:
    with pytest.raises(BadRequest, match="gunicorn takes no part in fanout"):
        choose_servers(["gunicorn"], choose_scenarios(["fanout"], STANDARD))
    with pytest.raises(BadRequest, match="ws takes no part in delivery"):
        choose_servers(["ws"], choose_scenarios(["delivery"], STANDARD))


def test_the_standard_profile_repeats_often_enough_for_a_verdict() -> None:
    assert STANDARD.repeats >= VERDICT_REPEATS
    assert STANDARD.users == 500
    assert set(PROFILES) == {"smoke", "standard", "full"}


def test_every_server_and_scenario_says_what_it_is() -> None:
    for thing in (*servers().values(), *scenarios().values()):
        assert thing.summary
