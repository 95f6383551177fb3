"""What the verification needs; without a target nothing here is collected."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.deploy.target import Account, Target

# Not skipped but not there: `make test` has no deployment, and `make deploy-test` no gap.
collect_ignore_glob: list[str] = [] if os.environ.get("FAWRAN_TARGET") else ["test_*.py"]
if not os.environ.get("FAWRAN_TARGET_DRAIN"):
    collect_ignore_glob.append("test_drain.py")
if not os.environ.get("FAWRAN_TARGET_SOCKETS"):
    collect_ignore_glob.append("test_processes.py")


@pytest.fixture(scope="session")
def target() -> Target:
    return Target.named()


# Not for the session: new secrets (docker/test_operations.py) end everybody's.
@pytest.fixture(scope="module")
def accounts(target: Target) -> list[Account]:
    return asyncio.run(target.sign_in())
