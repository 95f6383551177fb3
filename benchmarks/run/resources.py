"""Sample what the servers, Redis and this process use, and how busy the pinned processors are."""

from __future__ import annotations

import asyncio
import gzip
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil

from benchmarks.measure.processors import Integers, MachineLoad, machine_load, spent
from benchmarks.recording import CONDUCTOR, SERVER_SIDE, Recording, Window

SAMPLE_EVERY = 0.5
"""Seconds between two samples."""

STAT = Path("/proc/stat")
TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
"""The unit of STAT, in nanoseconds."""

PROCESSOR_COLUMNS = ["session", "at_ns", "cpu", "side", "busy_ns", "steal_ns"]

Key = tuple[int, float]
"""A unique key of a process: its id, which the kernel may reuse, and the time it was created."""


@dataclass
class ResourceSampler:
    """A sampler of process trees by role, and of processors by side.

    ``roots`` return the ids of the root processes of each role. ``processors`` has the numbers
    of each side's processors. PSS divides pages that processes share among them, so that the
    sum over Gunicorn's forked workers counts no page twice (proc(5)).
    """

    session: int
    roots: Mapping[str, Callable[[], Sequence[int]]]
    processors: Mapping[str, Sequence[int]] = field(default_factory=dict)
    _rows: dict[str, list[dict[str, Any]]] = field(
        default_factory=lambda: {"resources": [], "processors": []}
    )
    _roles: dict[str, _Role] = field(default_factory=dict)

    async def watch(self) -> None:
        """Sample until cancelled."""
        while True:
            self.sample()
            await asyncio.sleep(SAMPLE_EVERY)

    async def sample_at(self, moments_ns: Sequence[int]) -> None:
        """Sample also at these moments: the start and end of windows that are known in advance."""
        for moment in moments_ns:
            await asyncio.sleep(max(0.0, (moment - time.monotonic_ns()) / 1e9))
            self.sample()

    def sample(self) -> None:
        """Take one sample of every role and every processor."""
        self._sample_processors()
        for role, roots in self.roots.items():
            self._sample_role(role, [_Tree.of(root) for root in roots()])
        self._sample_role(CONDUCTOR, [_Tree.of(os.getpid(), with_children=False)])

    def server_load(self, window: Window) -> MachineLoad:
        """Return the load of the server's processors in a window that has just ended."""
        since = window.start_ns - round(2 * SAMPLE_EVERY * 1e9)
        used = sum(
            spent(at_ns, cpu_ns, window)
            for role, at_ns, cpu_ns in self._cpu_by_role(since)
            if role != CONDUCTOR
        )
        rows = [row for row in self._rows["processors"] if row["at_ns"] >= since]
        load = machine_load(
            pd.DataFrame(rows, columns=PROCESSOR_COLUMNS), {SERVER_SIDE: used}, window
        )
        # The CPU time of the generators is not known before they finish.
        return replace(load, sides=tuple(one for one in load.sides if one.name == SERVER_SIDE))

    def _cpu_by_role(self, since_ns: int) -> Iterator[tuple[str, Integers, Integers]]:
        """Yield each role with the times of its samples since a moment, and its CPU times."""
        rows = [row for row in self._rows["resources"] if row["at_ns"] >= since_ns]
        for role in {row["role"] for row in rows}:
            of_role = [row for row in rows if row["role"] == role]
            yield (
                role,
                np.array([row["at_ns"] for row in of_role]),
                np.array([row["cpu_ns"] for row in of_role]),
            )

    def record(self, recording: Recording) -> None:
        """Add all samples to a recording."""
        for table, rows in self._rows.items():
            recording.add(table, rows)

    def _sample_role(self, name: str, trees: list[_Tree | None]) -> None:
        role = self._roles.setdefault(name, _Role())
        role.add([tree for tree in trees if tree])
        self._rows["resources"].append(
            {
                "session": self.session,
                "at_ns": time.monotonic_ns(),
                "role": name,
                "pss_bytes": sum(tree.pss for tree in trees if tree),
                "cpu_ns": role.cpu_ns,
                "ended": role.ended,
            }
        )

    def _sample_processors(self) -> None:
        times = processor_times()
        at_ns = time.monotonic_ns()
        self._rows["processors"] += [
            {
                "session": self.session,
                "at_ns": at_ns,
                "cpu": cpu,
                "side": side,
                "busy_ns": times[cpu][0],
                "steal_ns": times[cpu][1],
            }
            for side, cpus in self.processors.items()
            for cpu in cpus
            if cpu in times
        ]


@cache
def interrupts_are_charged(boot: Path = Path("/boot"), proc: Path = Path("/proc")) -> bool:
    """Return whether the kernel charges an interrupt to the process that it interrupts.

    A quarter of the work of sending over the loopback is done in such interrupts. A kernel that
    is configured to account for them (IRQ_TIME_ACCOUNTING) charges them to no process. This is
    assumed if its configuration cannot be read, so that they are not attributed to another
    program.
    """
    try:
        config = gzip.decompress((proc / "config.gz").read_bytes()).decode()
    except OSError:
        try:
            config = (boot / f"config-{os.uname().release}").read_text(encoding="utf-8")
        except OSError:
            return False
    return "CONFIG_IRQ_TIME_ACCOUNTING=y" not in config


def processor_times() -> dict[int, tuple[int, int]]:
    """Return, for each processor, the busy time and the steal time so far, in ns.

    The busy time is the time spent in programs. It includes interrupts if the kernel charges
    them to programs. The steal time is the time that the hypervisor gave to others.
    """
    found = {}
    counts_interrupts = interrupts_are_charged()
    for line in STAT.read_text(encoding="ascii").splitlines():
        name, *fields = line.split()
        if name.startswith("cpu") and name != "cpu":
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, fields[:8])
            busy = user + nice + system + (irq + softirq) * counts_interrupts
            found[int(name[3:])] = (busy * TICK_NS, steal * TICK_NS)
    return found


@dataclass(frozen=True)
class _Tree:
    """One sample of a process and its descendants."""

    root: Key
    alive: frozenset[Key]
    pss: int
    cpu_ns: int

    @classmethod
    def of(cls, pid: int, *, with_children: bool = True) -> _Tree | None:
        """Return the tree of a process; None if it has ended."""
        try:
            root = psutil.Process(pid)
            processes = [root, *(root.children(recursive=True) if with_children else ())]
        except psutil.NoSuchProcess:
            return None
        alive: set[Key] = set()
        pss, cpu = 0, 0.0
        for process in processes:
            try:
                times = process.cpu_times()
                cpu += times.user + times.system
                if with_children:
                    # The kernel adds the CPU time of a child that has ended to its parent, once
                    # the parent has waited for it.
                    cpu += times.children_user + times.children_system
                pss += process.memory_full_info().pss
            except psutil.NoSuchProcess:  # raised for a zombie too
                continue
            alive.add((process.pid, process.create_time()))
        return cls((root.pid, root.create_time()), frozenset(alive), pss, round(cpu * 1e9))


@dataclass
class _Role:
    """The CPU time and the ended processes of a role, over a session."""

    _cpu_of_roots: dict[Key, int] = field(default_factory=dict)
    _counted_before: dict[Key, int] = field(default_factory=dict)
    _alive: frozenset[Key] = frozenset()
    ended: int = 0

    @property
    def cpu_ns(self) -> int:
        """CPU time of all processes so far, including those that have ended."""
        return sum(self._cpu_of_roots.values()) - sum(self._counted_before.values())

    def add(self, trees: list[_Tree]) -> None:
        """Add a sample.

        A tree's CPU time must not fall. The sum over the processes can fall for a moment: a
        process that has just ended is no longer alive, and its time is not yet added to its
        parent's. A process may become a root because its parent has ended; its CPU time until
        then was counted with the parent.
        """
        for tree in trees:
            if tree.root not in self._cpu_of_roots and tree.root in self._alive:
                self._counted_before[tree.root] = tree.cpu_ns
            self._cpu_of_roots[tree.root] = max(tree.cpu_ns, self._cpu_of_roots.get(tree.root, 0))
        alive = frozenset().union(*(tree.alive for tree in trees))
        self.ended += len(self._alive - alive)
        self._alive = alive
