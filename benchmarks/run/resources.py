"""What the server's processes and Redis use: PSS and CPU time, sampled over a session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

SAMPLE_EVERY = 0.5
"""Seconds between two samples."""


@dataclass
class ResourceSampler:
    """Samples process trees by role; ``roots`` tell the processes at their roots.

    PSS shares out pages that processes have in common, so that it adds up over Gunicorn's
    forked workers without counting twice (proc(5)).
    """

    session: int
    roots: Mapping[str, Callable[[], Sequence[int]]]
    rows: list[dict[str, Any]] = field(default_factory=list)

    async def watch(self) -> None:
        """Sample until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(SAMPLE_EVERY)

    def sample(self) -> None:
        """Take one sample of every role."""
        for role, roots in self.roots.items():
            at_ns = time.monotonic_ns()
            used = [_tree(root) for root in roots()]
            pss, cpu = sum(one[0] for one in used), sum(one[1] for one in used)
            self.rows.append(
                {
                    "session": self.session,
                    "at_ns": at_ns,
                    "role": role,
                    "pss_bytes": pss,
                    "cpu_ns": round(cpu * 1e9),
                }
            )


def _tree(root: int) -> tuple[int, float]:
    """Return PSS in bytes and CPU seconds of a process and all that it started."""
    pss, cpu = 0, 0.0
    try:
        parent = psutil.Process(root)
        processes = [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0, 0.0
    for process in processes:
        try:
            times = process.cpu_times()
            cpu += times.user + times.system
            pss += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return pss, cpu
