"""What the tests of the Compose stack need; without one nothing here is collected."""

from __future__ import annotations

import os

import pytest

from tests.deploy.docker.stack import Stack

collect_ignore_glob: list[str] = [] if os.environ.get("FAWRAN_STACK") else ["test_*.py"]
if not os.environ.get("FAWRAN_STACK_ENGINE"):
    # The engine is not ours to restart.
    collect_ignore_glob.append("test_engine.py")


@pytest.fixture(scope="session")
def stack() -> Stack:
    return Stack()
