"""Pinning: which processors the servers use, and which the generators."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.errors import BadRequest


@dataclass(frozen=True)
class Pinning:
    """The processors of the server, which it shares with Redis, and those of the generators."""

    server: list[int]
    generators: list[int]

    @classmethod
    def plan(cls, available: set[int], server_cores: int = 1) -> Pinning:
        """Divide the available processors: the first to the server, at most four to generators.

        Raises:
            BadRequest: no processor would be left for the generators.
        """
        cores = sorted(available)
        if not 1 <= server_cores < len(cores):
            raise BadRequest(
                f"{server_cores} processor(s) for the server leave none for the load generator: "
                f"this process may use {len(cores)}. At least 2 are needed in all."
            )
        return cls(cores[:server_cores], cores[server_cores:][:4])


@contextmanager
def pinned(cpus: list[int]) -> Iterator[None]:
    """Bind this process, and the child processes that it starts meanwhile, to processors."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
