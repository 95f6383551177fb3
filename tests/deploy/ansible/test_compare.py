"""Tests the comparison of the migration write-up (docs/ansible.md): both servers, in turns."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from reference_app.runtime.environment import ROOT
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import say
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.target import Account, Target


def comparisons() -> set[Path]:
    return set((ROOT / "reports").glob("compare-*/README.md"))


async def test_both_servers_are_measured_in_turn_and_daphne_serves_again(
    operator: Operator, fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    before = comparisons()
    settings = {
        "loadgen_profile": "smoke",
        "loadgen_users": 20,
        "loadgen_scenarios": ["delivery"],
    }
    operator.run_ok("legacy-compare", settings=settings)
    (made,) = comparisons() - before
    turns = [
        re.split(r" *\| *", line)[1:-1]
        for line in made.read_text().splitlines()
        if re.match(r"\| \d", line)
    ]
    assert [turn[:3] for turn in turns] == [
        ["1", "daphne", "websocket"],
        ["2", "gunicorn", "polling"],
        ["3", "gunicorn", "polling"],
        ["4", "daphne", "websocket"],
    ]
    assert {turn[6] for turn in turns} == {"0"}, "nothing is lost"
    # Two consecutive turns are compared only if both are valid, which a busy machine may prevent.
    first, second, third, fourth = (turn[7] == "yes" for turn in turns)
    comparison = re.search(r"took [\d.]+ (to [\d.]+ )?times as long", made.read_text())
    assert bool(comparison) is ((first and second) or (third and fourth))
    print("\n" + made.read_text())
    shutil.rmtree(made.parent)
    await assert_daphne_serves(fleet, target, accounts)


async def test_daphne_serves_again_after_a_failed_turn(
    operator: Operator, fleet: Fleet, target: Target, accounts: list[Account]
) -> None:
    output = operator.run_refused(
        "legacy-compare", settings={"loadgen_scenarios": ["no-such-scenario"]}
    )
    assert "no-such-scenario" in output
    await assert_daphne_serves(fleet, target, accounts)


async def assert_daphne_serves(fleet: Fleet, target: Target, accounts: list[Account]) -> None:
    """Assert that people use WebSockets, and that Gunicorn does not run."""
    room = await target.new_room(accounts, "Afterwards")
    await say(target, accounts[0], room, "over a socket")
    for name in fleet.groups["app"]:
        assert fleet[name].run("systemctl", "is-active", "fawran.target") == "active"
        assert fleet[name].shell("systemctl is-active gunicorn", check=False) == "inactive"
