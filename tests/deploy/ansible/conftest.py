"""What the tests on real hosts need; without hosts nothing here is collected."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterator

import pytest

from reference_app.serving.check.person import Site
from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.playing import Operator
from tests.deploy.ansible.releases import Releases
from tests.deploy.target import Account, Target

WANTED = os.environ.get("FAWRAN_FLEET", "")
"""Which hosts, as `single-bookworm`: scripts/deploy-test-ansible says."""

collect_ignore_glob: list[str] = [] if WANTED else ["test_*.py"]
PEOPLE = ("amal", "badr")


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    inventory, _, suite = WANTED.partition("-")
    fleet = Fleet(inventory, suite)
    if os.environ.get("FAWRAN_KEEP") != "there":
        fleet.start()
    yield fleet
    if not os.environ.get("FAWRAN_KEEP"):
        fleet.remove()


@pytest.fixture(scope="session")
def operator(fleet: Fleet) -> Operator:
    return Operator(fleet)


@pytest.fixture(scope="session")
def releases(fleet: Fleet) -> Releases:
    return Releases(fleet.folder / "checkout")


@pytest.fixture(scope="session")
def target(fleet: Fleet) -> Target:
    """The site as it is seen from outside, with two people in it."""
    known = fleet.folder / "users"
    if not known.exists():
        known.write_text("".join(f"{name} {secrets.token_urlsafe(18)}\n" for name in PEOPLE))
    fleet.first("app").run("fawran-manage", "create_users", stdin=known.read_text())
    users = [(name, password) for name, password in map(str.split, known.read_text().splitlines())]
    plain = fleet.url.replace("https:", "http:")
    return Target(Site(fleet.url, insecure=True), plain, users, drain="", sockets="")


@pytest.fixture(scope="session")
def accounts(target: Target) -> list[Account]:
    return asyncio.run(target.sign_in())
