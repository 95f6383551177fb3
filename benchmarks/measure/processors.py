"""What the pinned processors did in a window, and how much of it was this run's own work."""

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
"""Between two samples, from which on the time between them was not covered."""


@dataclass(frozen=True)
class Side:
    """The server's processors, or the generators': how busy, and with what, in seconds.

    ``used`` is what the processes of this run that are pinned there used. The kernel counts for
    a processor, not for a process on it, so that several processors are one sum.
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
    """The load of all pinned processors; ``stolen`` has seconds by processor."""

    sides: tuple[Side, ...] = ()
    stolen: Mapping[int, float] = field(default_factory=dict)
    coverage: float = 0.0


def machine_load(
    processors: pd.DataFrame, used: Mapping[str, float], window: Window
) -> MachineLoad:
    """Return what the processors of a session did in one of its windows.

    ``used`` has the CPU seconds of this run's own processes, by side.
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
    """Return by how many seconds a counter grew in a window, interpolated at its edges."""
    if not len(at_ns):
        return 0.0
    edges = np.interp([window.start_ns, window.end_ns], at_ns, counter_ns)
    return float(edges[1] - edges[0]) / 1e9


def coverage(at_ns: Integers, window: Window) -> float:
    """Return the share of a window that lies between samples that are close enough."""
    if not len(at_ns):
        return 0.0
    start, end = window.start_ns, window.end_ns
    first, last = (int(np.clip(at_ns[edge], start, end)) for edge in (0, -1))
    missing = (first - start) + (end - last) + uncovered(at_ns, start, end, LONGEST_GAP_NS)
    return 1 - missing / max(1, end - start)
