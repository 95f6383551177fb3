"""Releases come and go under load; a broken one goes by itself."""

from __future__ import annotations

import asyncio
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
    assert crowd.failed == [], f"of {crowd.requests} requests"


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


def test_the_release_before_comes_back_by_rollback(
    operator: Operator, fleet: Fleet, releases: Releases
) -> None:
    before = current(fleet)
    operator.must("rollback")
    assert current(fleet) != before
    operator.must("deploy", settings=releases.settings(before))
    assert current(fleet) == before
