"""Tests that killed, restarted and rebooted hosts recover by themselves without losing messages."""

from __future__ import annotations

import asyncio
import re

import pytest

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.docker.crowd import chatting_crowd
from tests.deploy.target import Account, Target

PAGES = 20


@pytest.mark.parametrize("reboot", [False, True], ids=["killed and restarted", "rebooted"])
async def test_a_drill_loses_nothing(
    reboot: bool, operator: Operator, target: Target, accounts: list[Account]
) -> None:
    settings = {"drill_reboot": reboot, "drill_budget_seconds": 90}
    async with chatting_crowd(target, accounts, PAGES) as crowd:
        run = await asyncio.to_thread(operator.run, "drill", settings=settings)
    run.assert_succeeded()
    crowd.assert_nothing_lost()
    texts = [text for _seq, text in await target.messages(accounts[0], crowd.room)]
    assert len(texts) == len(set(texts)), "nothing is stored twice"
    for line in re.findall(r"^ +- '?(.*: [\d.]+ s)'?$", run.output, re.MULTILINE):
        print(f"\n{line}", end="")


def test_all_hosts_run_after_the_drills(fleet: Fleet) -> None:
    for host in fleet.hosts.values():
        assert host.state() == "running", host.shell("systemctl --failed --no-legend")
