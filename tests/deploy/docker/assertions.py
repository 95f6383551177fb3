"""Assertions about refused operations, and about the site while they are refused."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.deploy.docker.stack import Stack


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """Assert that an operation failed with one line for the operator that has these words."""
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("fawran: "), done.stderr
    for word in words:
        assert word in last


@contextmanager
def assert_undisturbed(stack: Stack) -> Iterator[None]:
    """Assert that meanwhile no container is restarted or replaced, and the site stays ready."""
    before = stack.restarts()
    yield
    assert stack.restarts() == before
    assert '"ready": true' in stack.run_ok("status")
