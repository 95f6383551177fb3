"""Tests the way from bare hosts to the first message. A second run changes nothing."""

from __future__ import annotations

import time
from uuid import uuid4

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.target import Account, Target

START_CHANGES = {
    "/etc/mtab",
    "/etc/pip.conf",
    "/etc/ld.so.cache",
    "/etc/.updated",
    "/var/.updated",
}
"""Files that differ from the image on hosts that were only started."""

began: dict[str, float] = {}


def test_check_mode_on_bare_hosts_succeeds_and_changes_nothing(
    operator: Operator, fleet: Fleet
) -> None:
    run = operator.run_ok("site", "--check", "--diff")
    assert run.count("changed") > 0, "check mode reports the changes"
    for host in fleet.hosts.values():
        assert host.changes() <= START_CHANGES


def test_bare_hosts_become_a_deployment(operator: Operator, fleet: Fleet) -> None:
    began["converge"] = time.monotonic()
    run = operator.run_ok("site")
    print(f"\nconverged in {run.seconds:.0f} s")
    for host in fleet.hosts.values():
        assert host.state() == "running", host.shell("systemctl --failed --no-legend")
    proxy = fleet.first("proxy")
    assert proxy.run("stat", "--format=%a", "/etc/nginx") == "755", "the mode that the package sets"


async def test_the_first_message_arrives(target: Target, accounts: list[Account]) -> None:
    room = await target.new_room(accounts, "The first")
    async with target.page(accounts[0], room) as one, target.page(accounts[1], room) as other:
        await one.say("at once, فوراً", str(uuid4()))
        assert (await other.next_of("message"))["text"] == "at once, فوراً"
    print(f"\nfrom bare hosts to the first message: {time.monotonic() - began['converge']:.0f} s")


def test_a_second_run_changes_nothing(operator: Operator) -> None:
    run = operator.run_ok("site")
    assert run.changed == []
    assert run.count("changed") == 0


def test_check_mode_on_a_deployment_finds_nothing_to_change(operator: Operator) -> None:
    run = operator.run_ok("site", "--check", "--diff")
    assert run.changed == []


def test_the_deployment_is_verified_from_within_and_from_outside(operator: Operator) -> None:
    run = operator.run_ok("verify")
    assert " passed" in run.output
    print("\n" + next(line for line in run.output.splitlines() if " passed" in line).strip())
