"""How the generators fared in a window: one rule, while a search runs and when it is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from benchmarks.generator.health import TICK_NS

Integers = npt.NDArray[np.int64]

SILENCE_NS = 5 * TICK_NS
"""Between two ticks, from which on the time between them was not covered.

A live generator serves every tick of the grid, if late; only a dead one leaves any out.
"""


class Silence(NamedTuple):
    """How long a generator gave no sign of life in a window, in seconds and as a share."""

    generator: int
    seconds: float
    share: float


@dataclass(frozen=True)
class GeneratorHealth:
    """How the generators fared in a window: the worst of them.

    ``loop_lag_ms_p99`` is over all ticks, ``longest_pause_ms`` the lag of the latest one.
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
    """Return how one generator fared between two moments.

    ``ticks`` are when each was due, its lag, and the CPU time when it was served, in ns and in
    order.
    """
    start_ns, end_ns = within
    inside = (ticks[0] >= start_ns) & (ticks[0] < end_ns)
    due, lag, cpu = (column[inside] for column in ticks)
    signs = np.concatenate([[start_ns], due, [end_ns]])
    uncovered_ns = uncovered(signs, start_ns, end_ns, SILENCE_NS)
    silence = Silence(generator, uncovered_ns / 1e9, uncovered_ns / max(1, end_ns - start_ns))
    silences = (silence,) if uncovered_ns else ()
    if not len(due):
        return GeneratorHealth(0.0, 0.0, slip_ms_p99, 0.0, silences)
    wall = max(1, int(due[-1] + lag[-1] - due[0] - lag[0]))
    return GeneratorHealth(
        cpu_percent=float(cpu[-1] - cpu[0]) / wall * 100,
        loop_lag_ms_p99=float(np.quantile(lag, 0.99)) / 1e6,
        schedule_slip_ms_p99=slip_ms_p99,
        longest_pause_ms=float(lag.max()) / 1e6,
        silences=silences,
    )


def worst(of: Iterable[GeneratorHealth]) -> GeneratorHealth:
    """Return, of each figure, the worst of several generators; all their silences."""
    all_of = list(of)
    return GeneratorHealth(
        cpu_percent=max(one.cpu_percent for one in all_of),
        loop_lag_ms_p99=max(one.loop_lag_ms_p99 for one in all_of),
        schedule_slip_ms_p99=max(one.schedule_slip_ms_p99 for one in all_of),
        longest_pause_ms=max(one.longest_pause_ms for one in all_of),
        silences=tuple(Silence(*silence) for one in all_of for silence in one.silences),
    )


def uncovered(times: Integers, start_ns: int, end_ns: int, longest_gap_ns: int) -> int:
    """Return how much of a stretch of time lies in gaps between signs that are too long."""
    is_long = np.diff(times) > longest_gap_ns
    inside = np.diff(np.clip(times, start_ns, end_ns))
    return int(inside[is_long].sum())
