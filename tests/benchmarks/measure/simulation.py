"""Simulated servers whose true latency and pauses are known.

Five hundred users in rooms of twenty send 25 messages a second in total. Each message is
delivered to 19 others after a lognormal latency of about 10 ms. The server pauses about every
7.5 s, as Daphne does for garbage collection. A message that is due in a pause waits for its end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.measure.claims_file import load_claims
from benchmarks.run.profiles import STANDARD

Floats = npt.NDArray[np.float64]

LOOKS = load_claims().design.looks
FURTHER_ROUNDS = LOOKS[-1] - LOOKS[0]

MESSAGES_PER_SECOND = 25
OTHERS = 19
WINDOW_SECONDS = round(STANDARD.block)
MEDIAN_MS = 10.0
SIGMA = 0.3
CYCLE_SECONDS = 7.5
PAUSE_MS = (100.0, 180.0)
LIMIT_MS = 100.0

PLANNED_SECONDS = (STANDARD.blocks * WINDOW_SECONDS,) * STANDARD.repeats
"""The time for which each planned start of a candidate is measured under delivery load."""

ROUNDS = (*PLANNED_SECONDS, *(STANDARD.extra_blocks * WINDOW_SECONDS,) * FURTHER_ROUNDS)
"""The same, with the starts of the further rounds up to the last look of the design."""

STARTS = np.repeat(np.arange(len(ROUNDS)) + 1, [one // WINDOW_SECONDS for one in ROUNDS])
"""The start that each window belongs to."""


@dataclass(frozen=True)
class PausingServer:
    """A server with pauses at intervals that are ``regular``, with jitter, or random.

    ``stretch`` is a factor on the length of the pauses. ``start_spread`` is the standard
    deviation of the logarithm of a second factor, which is drawn for each start.
    """

    stretch: float
    regular: bool = True
    start_spread: float = 0.0

    def late_counts(self, rng: np.random.Generator, designs: int) -> tuple[Floats, Floats]:
        """Return the late and all deliveries of each window, for a number of complete designs."""
        late, total = [], []
        for seconds in ROUNDS:
            windows = seconds // WINDOW_SECONDS
            sent = rng.poisson(MESSAGES_PER_SECOND * WINDOW_SECONDS, (designs, windows))
            total.append(sent * OTHERS)
            late.append(self._count_late(rng, designs, seconds))
        whole_late, whole_total = np.concatenate(late, axis=1), np.concatenate(total, axis=1)
        return whole_late.astype(float), whole_total.astype(float)

    def _count_late(self, rng: np.random.Generator, designs: int, seconds: int) -> Floats:
        """Return the late deliveries of each window of one start, for each design."""
        begins, lengths = self.pauses(rng, designs, seconds)
        waiting = rng.poisson(lengths * MESSAGES_PER_SECOND / 1000)
        pause_of = np.repeat(np.arange(begins.size), waiting.ravel())
        length, begin = lengths.ravel()[pause_of], begins.ravel()[pause_of]
        waits = rng.uniform(0, 1, len(pause_of)) * length
        due = begin + (length - waits) / 1000
        late = rng.binomial(OTHERS, later_than(LIMIT_MS - waits))
        windows = seconds // WINDOW_SECONDS
        inside = (due >= 0) & (due < seconds)
        where = (pause_of // begins.shape[1]) * windows + (due // WINDOW_SECONDS).astype(int)
        counts = np.bincount(where[inside], late[inside], designs * windows)
        return counts.reshape(designs, windows)

    def pauses(self, rng: np.random.Generator, designs: int, seconds: int) -> tuple[Floats, Floats]:
        """Return when pauses begin, in seconds, and how many ms they last."""
        count = math.ceil(seconds / CYCLE_SECONDS * 2) + 10
        shape = (designs, count)
        factor = np.exp(rng.normal(0, self.start_spread, (designs, 1)))
        lengths = rng.uniform(*PAUSE_MS, shape) * self.stretch * factor
        if self.regular:
            cycles = CYCLE_SECONDS * rng.uniform(0.8, 1.2, shape)
        else:
            rest = CYCLE_SECONDS - sum(PAUSE_MS) / 2000 * self.stretch
            cycles = lengths / 1000 + rng.exponential(rest, shape)
        # The first cycle begins long before the window, so that the window begins anywhere in one.
        before = CYCLE_SECONDS * rng.uniform(4, 5, (designs, 1))
        return np.cumsum(cycles, axis=1) - cycles - before, lengths

    def latencies(self, rng: np.random.Generator, seconds: int) -> list[Floats]:
        """Return the latencies of one start in ms, by window."""
        sent = rng.poisson(MESSAGES_PER_SECOND * seconds)
        due = np.sort(rng.uniform(0, seconds, sent))
        begins, lengths = (one[0] for one in self.pauses(rng, 1, seconds))
        last = np.searchsorted(begins, due, side="right") - 1
        waits = np.maximum(0, (begins[last] - due) * 1000 + lengths[last])
        noise = rng.lognormal(math.log(MEDIAN_MS), SIGMA, (sent, OTHERS))
        window = (due // WINDOW_SECONDS).astype(int)
        return [
            (waits[:, None] + noise)[window == one].ravel()
            for one in range(seconds // WINDOW_SECONDS)
        ]

    def share_later(self, milliseconds: float) -> float:
        """Return the true share of deliveries later than a time, in percent."""
        lengths = np.linspace(*PAUSE_MS, 401) * self.stretch
        parts = np.linspace(0, 1, 801)
        waits = np.outer(lengths, parts)
        in_pause = float((later_than(milliseconds - waits).mean(axis=1) * lengths).mean()) / 1000
        outside = float(later_than(np.array([milliseconds]))[0])
        paused = float(lengths.mean()) / 1000
        return 100 * (in_pause + outside * (CYCLE_SECONDS - paused)) / CYCLE_SECONDS

    def quantile_ms(self, share: float) -> float:
        """Return the time in ms that ``share`` percent of the deliveries exceed."""
        low, high = 0.0, 10_000.0
        while high - low > 1e-4:
            middle = (low + high) / 2
            low, high = (middle, high) if self.share_later(middle) > share else (low, middle)
        return high


def pausing_server(share: float, *, regular: bool = True) -> PausingServer:
    """Return a server with ``share`` percent of its deliveries later than LIMIT_MS."""
    low, high = 0.1, 10.0
    while high - low > 1e-6:
        middle = (low + high) / 2
        is_enough = PausingServer(middle).share_later(LIMIT_MS) > share
        low, high = (low, middle) if is_enough else (middle, high)
    return PausingServer(high, regular)


def later_than(milliseconds: Floats) -> Floats:
    """Return the probability that a latency outside of a pause exceeds a time."""
    logs = np.log(np.maximum(milliseconds, 1e-9) / MEDIAN_MS) / SIGMA
    # Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: good to 1.5e-7.
    z = np.abs(logs) / math.sqrt(2)
    t = 1 / (1 + 0.3275911 * z)
    series = (
        (((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592
    ) * t
    tail = series * np.exp(-z * z) / 2
    return np.where(logs >= 0, tail, 1 - tail)
