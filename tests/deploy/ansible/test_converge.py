"""From bare hosts to the first message, and again: the second time nothing changes."""

from __future__ import annotations

import time
from uuid import uuid4

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playing import Operator
from tests.deploy.target import Account, Target

AS_STARTED = {"/etc/mtab", "/etc/pip.conf", "/etc/ld.so.cache", "/etc/.updated", "/var/.updated"}
"""What differs from the image on hosts that have only been started."""

began: dict[str, float] = {}


def test_a_look_at_bare_hosts_fails_nowhere_and_changes_nothing(
    operator: Operator, fleet: Fleet
) -> None:
    played = operator.must("site", "--check", "--diff")
    assert played.sum_of("changed") > 0, "it says what it would do"
    for host in fleet.hosts.values():
        assert host.changes() <= AS_STARTED


def test_they_become_a_deployment(operator: Operator, fleet: Fleet) -> None:
    began["converge"] = time.monotonic()
    played = operator.must("site")
    print(f"\nconverged in {played.seconds:.0f} s")
    for host in fleet.hosts.values():
        assert host.state() == "running", host.shell("systemctl --failed --no-legend")
    proxy = fleet.first("proxy")
    assert proxy.run("stat", "--format=%a", "/etc/nginx") == "755", "as the package makes it"


async def test_the_first_message_arrives(target: Target, accounts: list[Account]) -> None:
    room = await target.new_room(accounts, "The first")
    async with target.page(accounts[0], room) as one, target.page(accounts[1], room) as other:
        await one.say("at once, فوراً", str(uuid4()))
        assert (await other.next_of("message"))["text"] == "at once, فوراً"
    print(f"\nfrom bare hosts to the first message: {time.monotonic() - began['converge']:.0f} s")


def test_a_second_run_changes_nothing(operator: Operator) -> None:
    played = operator.must("site")
    assert played.changed == []
    assert played.sum_of("changed") == 0


def test_a_look_at_what_is_there_finds_nothing_to_change(operator: Operator) -> None:
    played = operator.must("site", "--check", "--diff")
    assert played.changed == []


def test_the_deployment_is_verified_from_within_and_from_outside(operator: Operator) -> None:
    played = operator.must("verify")
    assert " passed" in played.said
    print("\n" + next(line for line in played.said.splitlines() if " passed" in line).strip())
