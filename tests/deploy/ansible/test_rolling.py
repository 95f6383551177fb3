"""Tests that releases are deployed under load, and that a broken one is rolled back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from reference_app.protocol import CLOSE_RESTART, REGISTERED_CLOSE
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.ansible.releases import Releases
from tests.deploy.docker.crowd import Crowd, chatting_crowd
from tests.deploy.target import Account, Target

SOCKETS = 200

DOES_NOT_START = {"reference_app/config/asgi.py": "\nraise SystemExit('broken on purpose')\n"}
NO_SOCKETS = {
    "reference_app/config/asgi.py": (
        "\napplication = ProtocolTypeRouter({'http': http})  # broken on purpose\n"
    )
}


def current(fleet: Fleet) -> str:
    """Return the revision that the first application host serves."""
    link = fleet.first("app").run("readlink", "--canonicalize", "/opt/fawran/current")
    return link.rsplit("/", 1)[-1]


def assert_unaffected(crowd: Crowd) -> None:
    """Assert that no message was lost or doubled, and no request failed."""
    crowd.assert_nothing_lost()
    assert crowd.answers.failures == [], f"of {crowd.answers.asked} requests"


async def deploy(operator: Operator, settings: dict[str, Any], *, succeeds: bool = True) -> str:
    """Deploy a release in a thread; return the output."""
    run = await asyncio.to_thread(operator.run, "deploy", settings=settings)
    assert (run.status == 0) is succeeds, run.output[-6000:]
    return run.output


async def test_a_release_under_200_sockets_loses_nothing_and_fails_no_request(
    operator: Operator,
    fleet: Fleet,
    releases: Releases,
    target: Target,
    accounts: list[Account],
) -> None:
    revision = releases.create("Say something", {"docs/deployment.md": "\nSomething.\n"})
    async with chatting_crowd(target, accounts, SOCKETS) as crowd:
        await deploy(operator, releases.settings(revision))
    assert current(fleet) == revision
    assert_unaffected(crowd)
    restart = REGISTERED_CLOSE[CLOSE_RESTART]
    for one in crowd.people:
        assert one.came_back >= 1, "every page has reconnected"
        assert set(one.codes) == {restart}, "closed by the drain, not cut off"


@pytest.mark.parametrize(
    "broken", [DOES_NOT_START, NO_SOCKETS], ids=["does not start", "has no sockets"]
)
async def test_a_broken_release_is_rolled_back_without_a_failed_request(
    broken: dict[str, str],
    operator: Operator,
    fleet: Fleet,
    releases: Releases,
    target: Target,
    accounts: list[Account],
) -> None:
    before = current(fleet)
    revision = releases.create("Break it", broken)
    async with chatting_crowd(target, accounts, 20) as crowd:
        await deploy(operator, releases.settings(revision), succeeds=False)
    assert current(fleet) == before
    assert_unaffected(crowd)


@dataclass(frozen=True)
class Obstacle:
    """Something that prevents a release: how to create it, how to remove it, and the error."""

    create: str
    remove: str
    error: str
    settings: dict[str, Any]


OBSTACLES = {
    # A layer over the folder, smaller than the packages of a release.
    "the disk is full": Obstacle(
        create=(
            "mkdir /run/full && mount -t tmpfs -o size=30m tmpfs /run/full && cd /run/full "
            "&& mkdir upper work && mount -t overlay overlay /opt/fawran "
            "-o lowerdir=/opt/fawran,upperdir=/run/full/upper,workdir=/run/full/work"
        ),
        remove="umount /opt/fawran && umount /run/full && rmdir /run/full",
        error="No space left on device",
        settings={},
    ),
    "the index is away": Obstacle(
        create="mv /etc/pip.conf /etc/pip.conf.away",
        remove="mv /etc/pip.conf.away /etc/pip.conf",
        error="No matching distribution found",
        settings={"fawran_pip_index_url": "https://127.0.0.1:9/simple"},
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
async def test_the_running_release_serves_on_when_another_cannot_be_made(
    name: str,
    operator: Operator,
    fleet: Fleet,
    releases: Releases,
    target: Target,
    accounts: list[Account],
) -> None:
    obstacle = OBSTACLES[name]
    host, before = fleet.first("app"), current(fleet)
    revision = releases.create("Cannot be made", {"docs/deployment.md": f"\n{name}\n"})
    host.shell(obstacle.create)
    try:
        async with chatting_crowd(target, accounts, 20) as crowd:
            output = await deploy(
                operator, obstacle.settings | releases.settings(revision), succeeds=False
            )
    finally:
        host.shell(obstacle.remove)
    assert f"The release cannot be made on {host.name}" in output
    assert obstacle.error in output
    assert current(fleet) == before
    assert host.shell(f"ls -d /opt/fawran/releases/{revision}", check=False) == ""
    assert_unaffected(crowd)


def test_rollback_restores_the_previous_release(
    operator: Operator, fleet: Fleet, releases: Releases
) -> None:
    before = current(fleet)
    operator.run_ok("rollback")
    assert current(fleet) != before
    operator.run_ok("deploy", settings=releases.settings(before))
    assert current(fleet) == before
