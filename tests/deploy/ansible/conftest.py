"""Fixtures of the tests on real hosts. Without FAWRAN_FLEET, no test here is collected."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator

import pytest

from tests.deploy.ansible.hosts import Fleet
from tests.deploy.ansible.people import target_with_people
from tests.deploy.ansible.playbooks import Operator
from tests.deploy.ansible.releases import Releases
from tests.deploy.target import Account, Target

FLEET = os.environ.get("FAWRAN_FLEET", "")
"""Inventory and Debian release, as `single-bookworm`; scripts/dev/deploy-test-ansible sets it."""

collect_ignore_glob: list[str] = [] if FLEET else ["test_*.py"]


@pytest.fixture(scope="session")
def fleet() -> Iterator[Fleet]:
    inventory, _, suite = FLEET.partition("-")
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
    """Return the site from outside, with two people in it."""
    return target_with_people(fleet)


@pytest.fixture(scope="session")
def accounts(target: Target) -> list[Account]:
    return asyncio.run(target.sign_in())
