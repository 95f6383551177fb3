"""Measure the health of the load generators in a window.

A running search and the later judgement use the same rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.generator.health import TICK_NS

Integers = npt.NDArray[np.int64]

SILENCE_NS = 5 * TICK_NS
"""Longest time between two ticks that still counts as covered.

A live generator serves every tick of the grid, even if late; only a dead one skips ticks.
"""


class Silence(NamedTuple):
    """How long a generator gave no sign of life in a window, in seconds and as a share."""

    generator: int
    seconds: float
    share: float


@dataclass(frozen=True)
class GeneratorHealth:
    """The health of the generators in a window: the worst value of all of them.

    ``loop_lag_ms_p99`` is over all ticks, ``longest_pause_ms`` is the largest lag of a tick.
    """

    cpu_percent: float
    loop_lag_ms_p99: float
    schedule_slip_ms_p99: float
    longest_pause_ms: float = 0.0
    silences: tuple[Silence, ...] = ()


def health(
    generator: int,
    ticks: tuple[Integers, Integers, Integers],
    within: tuple[int, int],
    slip_ms_p99: float,
) -> GeneratorHealth:
    """Return the health of one generator between two times.

    ``ticks`` has three columns in ns, in order of time: when each tick was scheduled, its lag,
    and the CPU time when it was served. ``within`` is the start and the end.
    """
    start_ns, end_ns = within
    inside = (ticks[0] >= start_ns) & (ticks[0] < end_ns)
    scheduled, lag, cpu = (column[inside] for column in ticks)
    signs = np.concatenate([[start_ns], scheduled, [end_ns]])
    uncovered_ns = uncovered(signs, start_ns, end_ns, SILENCE_NS)
    silence = Silence(generator, uncovered_ns / 1e9, uncovered_ns / max(1, end_ns - start_ns))
    silences = (silence,) if uncovered_ns else ()
    if not len(scheduled):
        return GeneratorHealth(0.0, 0.0, slip_ms_p99, 0.0, silences)
    wall_ns = max(1, int(scheduled[-1] + lag[-1] - scheduled[0] - lag[0]))
    return GeneratorHealth(
        cpu_percent=float(cpu[-1] - cpu[0]) / wall_ns * 100,
        loop_lag_ms_p99=float(np.quantile(lag, 0.99)) / 1e6,
        schedule_slip_ms_p99=slip_ms_p99,
        longest_pause_ms=float(lag.max()) / 1e6,
        silences=silences,
    )


def worst(of: Iterable[GeneratorHealth]) -> GeneratorHealth:
    """Return the worst value of each measure over several generators, and all silences."""
    generators = list(of)
    return GeneratorHealth(
        cpu_percent=max(each.cpu_percent for each in generators),
        loop_lag_ms_p99=max(each.loop_lag_ms_p99 for each in generators),
        schedule_slip_ms_p99=max(each.schedule_slip_ms_p99 for each in generators),
        longest_pause_ms=max(each.longest_pause_ms for each in generators),
        silences=tuple(Silence(*silence) for each in generators for silence in each.silences),
    )


def uncovered(times: Integers, start_ns: int, end_ns: int, longest_gap_ns: int) -> int:
    """Return how many ns between start and end lie in gaps longer than ``longest_gap_ns``."""
    is_long = np.diff(times) > longest_gap_ns
    inside = np.diff(np.clip(times, start_ns, end_ns))
    return int(inside[is_long].sum())
