"""Fixtures of the verification. Without FAWRAN_TARGET, no test of this folder is collected."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.deploy.target import Account, Target

# Ignored instead of skipped: `make test` has no deployment, and `make deploy-test` shows no skips.
collect_ignore_glob: list[str] = [] if os.environ.get("FAWRAN_TARGET") else ["test_*.py"]
if not os.environ.get("FAWRAN_TARGET_DRAIN"):
    collect_ignore_glob.append("test_drain.py")
if not os.environ.get("FAWRAN_TARGET_SOCKETS"):
    collect_ignore_glob.append("test_processes.py")


@pytest.fixture(scope="session")
def target() -> Target:
    return Target.from_environment()


# For each module, because new secrets (docker/test_compose_profiles.py) end all sessions.
@pytest.fixture(scope="module")
def accounts(target: Target) -> list[Account]:
    return asyncio.run(target.sign_in())
