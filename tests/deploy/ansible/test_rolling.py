"""Releases come and go under load; a broken one goes by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from reference_app.chat.protocol import CLOSE_RESTART, REGISTERED_CLOSE
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playing import Operator
from tests.deploy.ansible.releases import Releases
from tests.deploy.docker.crowd import Crowd, chatting
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
    """See that nothing was lost, doubled or refused."""
    crowd.assert_nothing_lost()
    assert crowd.answers.failures == [], f"of {crowd.answers.asked} requests"


async def deploy(operator: Operator, settings: dict[str, Any], *, well: bool = True) -> str:
    """Deploy a release in a thread; return what is said."""
    played = await asyncio.to_thread(operator.play, "deploy", settings=settings)
    assert (played.status == 0) is well, played.said[-6000:]
    return played.said


async def test_a_release_under_200_sockets_loses_nothing_and_fails_no_request(
    operator: Operator,
    fleet: Fleet,
    releases: Releases,
    target: Target,
    accounts: list[Account],
) -> None:
    revision = releases.made("Say something", {"docs/deployment.md": "\nSomething.\n"})
    async with chatting(target, accounts, SOCKETS) as crowd:
        await deploy(operator, releases.settings(revision))
    assert current(fleet) == revision
    assert_unaffected(crowd)
    restart = REGISTERED_CLOSE[CLOSE_RESTART]
    for one in crowd.people:
        assert one.came_back >= 1, "everybody has come back"
        assert set(one.codes) == {restart}, "told to, and not cut off"


@pytest.mark.parametrize(
    "broken", [DOES_NOT_START, NO_SOCKETS], ids=["does not start", "has no sockets"]
)
async def test_a_broken_release_is_taken_back_by_itself_and_nobody_notices(
    broken: dict[str, str],
    operator: Operator,
    fleet: Fleet,
    releases: Releases,
    target: Target,
    accounts: list[Account],
) -> None:
    before = current(fleet)
    revision = releases.made("Break it", broken)
    async with chatting(target, accounts, 20) as crowd:
        await deploy(operator, releases.settings(revision), well=False)
    assert current(fleet) == before
    assert_unaffected(crowd)


@dataclass(frozen=True)
class Obstacle:
    """What keeps a release from being made, how it goes away, and what is told of it."""

    arise: str
    vanish: str
    told: str
    settings: dict[str, Any]


OBSTACLES = {
    # A layer over what is there, smaller than the packages of a release.
    "the disk is full": Obstacle(
        arise=(
            "mkdir /run/full && mount -t tmpfs -o size=30m tmpfs /run/full && cd /run/full "
            "&& mkdir upper work && mount -t overlay overlay /opt/fawran "
            "-o lowerdir=/opt/fawran,upperdir=/run/full/upper,workdir=/run/full/work"
        ),
        vanish="umount /opt/fawran && umount /run/full && rmdir /run/full",
        told="No space left on device",
        settings={},
    ),
    "the index is away": Obstacle(
        arise="mv /etc/pip.conf /etc/pip.conf.away",
        vanish="mv /etc/pip.conf.away /etc/pip.conf",
        told="No matching distribution found",
        settings={"fawran_pip_index_url": "https://127.0.0.1:9/simple"},
    ),
}


@pytest.mark.parametrize("name", OBSTACLES)
async def test_where_a_release_cannot_be_made_what_serves_serves_on(
    name: str,
    operator: Operator,
    fleet: Fleet,
    releases: Releases,
    target: Target,
    accounts: list[Account],
) -> None:
    obstacle = OBSTACLES[name]
    host, before = fleet.first("app"), current(fleet)
    revision = releases.made("Cannot be made", {"docs/deployment.md": f"\n{name}\n"})
    host.shell(obstacle.arise)
    try:
        async with chatting(target, accounts, 20) as crowd:
            said = await deploy(
                operator, obstacle.settings | releases.settings(revision), well=False
            )
    finally:
        host.shell(obstacle.vanish)
    assert f"The release cannot be made on {host.name}" in said
    assert obstacle.told in said
    assert current(fleet) == before
    assert host.shell(f"ls -d /opt/fawran/releases/{revision}", must=False) == ""
    assert_unaffected(crowd)


def test_the_release_before_comes_back_by_rollback(
    operator: Operator, fleet: Fleet, releases: Releases
) -> None:
    before = current(fleet)
    operator.must("rollback")
    assert current(fleet) != before
    operator.must("deploy", settings=releases.settings(before))
    assert current(fleet) == before
