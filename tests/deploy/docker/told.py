"""What an operation says that is refused, and that nobody else is the worse for it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.deploy.docker.stack import Stack


def assert_one_line(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """See that an operation was refused, and that its last line has these words."""
    assert done.returncode == 1, done.stdout + done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("fawran: "), done.stderr
    for word in words:
        assert word in last


@contextmanager
def undisturbed(stack: Stack) -> Iterator[None]:
    """See that no container is started again or replaced, and that the site stays ready."""
    before = stack.restarts()
    yield
    assert stack.restarts() == before
    assert '"ready": true' in stack.must("status")
