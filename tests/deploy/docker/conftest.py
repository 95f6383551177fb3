"""Fixtures of the tests of the Compose stack. Without FAWRAN_STACK, no test here is collected."""

from __future__ import annotations

import os

import pytest

from tests.deploy.docker.stack import Stack

collect_ignore_glob: list[str] = [] if os.environ.get("FAWRAN_STACK") else ["test_*.py"]
if not os.environ.get("FAWRAN_STACK_ENGINE"):
    # Only an engine that scripts/dev/deploy-test has started may be restarted.
    collect_ignore_glob.append("test_engine.py")


@pytest.fixture(scope="session")
def stack() -> Stack:
    return Stack()
