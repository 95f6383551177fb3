"""Measure the load of the pinned processors in a window, and this run's own share of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.measure.health import uncovered
from benchmarks.recording import Window

Integers = npt.NDArray[np.int64]

LONGEST_GAP_NS = 2_000_000_000
"""Longest time between two samples that still counts as covered."""


@dataclass(frozen=True)
class Side:
    """The processors of the server, or those of the generators, and their load.

    ``busy`` and ``used`` are CPU seconds: ``busy`` of all programs, ``used`` of the processes of
    this run that are pinned there. Both are sums over the processors, because CPU time is known
    per processor and per process, but not per process on a processor.
    """

    name: str
    cpus: tuple[int, ...]
    busy: float
    used: float

    def share_used(self, seconds: float) -> float:
        """Return the share of these processors that this run's processes used."""
        return self.used / (seconds * len(self.cpus))

    @property
    def foreign(self) -> float:
        """CPU seconds of programs that are not part of this run."""
        return max(0.0, self.busy - self.used)


@dataclass(frozen=True)
class MachineLoad:
    """The load of all pinned processors.

    ``stolen`` has, by processor, the seconds that the hypervisor gave to others. ``coverage`` is
    the share of the window that was sampled.
    """

    sides: tuple[Side, ...] = ()
    stolen: Mapping[int, float] = field(default_factory=dict)
    coverage: float = 0.0


def machine_load(
    processors: pd.DataFrame, used: Mapping[str, float], window: Window
) -> MachineLoad:
    """Return the load of the processors in one window of a session.

    ``processors`` has the samples of the session. ``used`` has the CPU seconds of this run's own
    processes, by side.
    """
    stolen: dict[int, float] = {}
    busy: dict[str, dict[int, float]] = {}
    covered = [0.0] if processors.empty else []
    for cpu in processors["cpu"].unique().tolist():
        rows = processors[processors["cpu"] == cpu]
        at = rows["at_ns"].to_numpy()
        stolen[cpu] = spent(at, rows["steal_ns"].to_numpy(), window)
        side = busy.setdefault(str(rows["side"].iloc[0]), {})
        side[cpu] = spent(at, rows["busy_ns"].to_numpy(), window)
        covered.append(coverage(at, window))
    sides = tuple(
        Side(name, tuple(by_cpu), sum(by_cpu.values()), used.get(name, 0.0))
        for name, by_cpu in busy.items()
    )
    return MachineLoad(sides, stolen, min(covered))


def spent(at_ns: Integers, counter_ns: Integers, window: Window) -> float:
    """Return by how many seconds a counter grew in a window, interpolated at the edges."""
    if not len(at_ns):
        return 0.0
    edges = np.interp([window.start_ns, window.end_ns], at_ns, counter_ns)
    return float(edges[1] - edges[0]) / 1e9


def coverage(at_ns: Integers, window: Window) -> float:
    """Return the share of a window that lies between samples with short gaps."""
    if not len(at_ns):
        return 0.0
    start, end = window.start_ns, window.end_ns
    first, last = (int(np.clip(at_ns[edge], start, end)) for edge in (0, -1))
    missing = (first - start) + (end - last) + uncovered(at_ns, start, end, LONGEST_GAP_NS)
    return 1 - missing / max(1, end - start)
