"""What is known of a quantity: its value, intervals, and p-values that agree with them.

A quantity is uncertain because only some windows of some starts of a server were seen. Each
kind of quantity says at which values it is compatible with what was seen, at any level; its
interval is all values that are compatible, and the p-value of a threshold is the level at which
the interval just reaches it. One rule (verdicts.py) decides from these.

The formulas are written out in docs/decisions/0019-what-decides-a-claim.md.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from benchmarks.measure import deliveries
from benchmarks.measure.deliveries import Floats
from benchmarks.measure.statistics import Estimate
from benchmarks.measure.student import critical_t, f_p, two_sided_p

REPORTED_LEVEL = 0.05
"""Reports show 95 % intervals; a decision may need a stricter one."""

STARTS_DIFFER = 0.1
"""The p-value of an F test below which starts count as different from each other."""

SMALLEST_LEVEL = 1e-9
"""P-values found by bisection are not distinguished below this."""

BISECTIONS = 30
NO_TIME_MS = 1e-6
"""In place of 0 ms where a logarithm is taken."""


class Quantity(ABC):
    """A quantity with intervals at every level."""

    @property
    @abstractmethod
    def value(self) -> float:
        """The quantity's estimate."""

    @abstractmethod
    def bounds(self, level: float) -> tuple[float, float]:
        """Return the interval that misses the truth with the probability ``level``."""

    def p_value(self, at: float) -> float:
        """Return the level at which the interval just reaches a value: small if it is far."""
        if not self._excludes(at, 1.0):
            return 1.0
        low, high = math.log(SMALLEST_LEVEL), 0.0
        if self._excludes(at, SMALLEST_LEVEL):
            return SMALLEST_LEVEL
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (low, middle) if self._excludes(at, math.exp(middle)) else (middle, high)
        return math.exp(high)

    def reported(self) -> Estimate:
        """Return the value with its 95 % interval."""
        return Estimate(self.value, *self.bounds(REPORTED_LEVEL))

    def _excludes(self, at: float, level: float) -> bool:
        low, high = self.bounds(level)
        return at < low or at > high


@dataclass(frozen=True)
class Share(Quantity):
    """A share in percent, of so many effectively independent trials.

    The score interval is sound at 0 % and 100 % (Wilson, Journal of the American Statistical
    Association 22, 1927); Student's t takes the place of the normal distribution, because
    the effective number is itself estimated from a few windows.
    """

    share: float
    effective: float
    freedom: float

    @property
    def value(self) -> float:
        """The share, in percent."""
        return self.share * 100

    def bounds(self, level: float) -> tuple[float, float]:
        """Return the score interval, in percent."""
        t = critical_t(level, self.freedom)
        if math.isinf(t):
            return 0.0, 100.0
        n, p = self.effective, self.share
        scale = 1 + t * t / n
        centre = (p + t * t / (2 * n)) / scale
        half = t / scale * math.sqrt(p * (1 - p) / n + t * t / (4 * n * n))
        # At 0 and 100 % the bound is the share itself, but for rounding.
        low = 0.0 if p == 0 else max(0.0, centre - half)
        high = 1.0 if p == 1 else min(1.0, centre + half)
        return low * 100, high * 100

    def p_value(self, at: float) -> float:
        """Return the p-value of the score test of a share in percent."""
        expected = at / 100
        if not 0 < expected < 1:
            return 1.0 if self.share == expected else 0.0
        deviation = math.sqrt(expected * (1 - expected) / self.effective)
        return two_sided_p((self.share - expected) / deviation, self.freedom)


def share(
    failed: Sequence[float] | Floats,
    of: Sequence[float] | Floats,
    starts: Sequence[int] | npt.NDArray[np.int64],
    together: float = 1.0,
) -> Share:
    """Return the share of what failed, from its count in each window.

    A ratio estimator whose variance is that between windows (Cochran, Sampling Techniques,
    3rd edition, 1977, chapter 6). Its excess over the variance of independent trials is the
    design effect (Kish, Survey Sampling, 1965); it is at least ``together``, the number of
    trials that share one fate, as the deliveries of one message do. ``starts`` has the start
    of the server that each window belongs to. Where windows of one start resemble each other
    more than windows of different starts do, the variance between starts is taken if it is
    the larger. Where the share is 0 or 1 no variance is estimated, and the normal distribution
    takes the place of Student's t.

    Raises:
        ValueError: there are no trials.
    """
    y, n = np.asarray(failed, dtype=np.float64), np.asarray(of, dtype=np.float64)
    trials = float(n.sum())
    if not trials:
        raise ValueError("a share needs trials")
    p = float(y.sum()) / trials
    windows = len(y)
    freedom = windows - 1
    variance = 0.0
    if freedom:
        rest = y - p * n
        variance = windows / freedom * float(rest @ rest)
        variance, freedom = max(
            (variance, freedom), _between_starts(rest, np.asarray(starts)), key=lambda one: one[0]
        )
    independent = p * (1 - p) * trials
    if not independent and freedom:
        # No spread is estimated where nothing, or everything, failed.
        return Share(p, trials / together, math.inf)
    effect = max(together, variance / independent) if independent else together
    return Share(p, trials / effect, float(freedom))


def _between_starts(rest: Floats, starts: npt.NDArray[np.int64]) -> tuple[float, int]:
    """Return the variance between starts and its degrees of freedom; none if they are alike."""
    _, where = np.unique(starts, return_inverse=True)
    windows = np.bincount(where)
    count = len(windows)
    within = len(rest) - count
    if count < 2 or not within:
        return 0.0, 0
    totals = np.bincount(where, weights=rest)
    explained = float((totals**2 / windows).sum()) / (count - 1)
    residual = max(0.0, float(rest @ rest) - explained * (count - 1)) / within
    f = explained / residual if residual else math.inf if explained else 0.0
    if f_p(f, count - 1, within) >= STARTS_DIFFER:
        return 0.0, 0
    return count / (count - 1) * float(totals @ totals), count - 1


@dataclass(frozen=True)
class Quantile(Quantity):
    """A quantile of latencies that come in windows, some of them perhaps without end.

    The interval has every x for which the share of latencies above x is compatible with
    ``above`` (Woodruff, Journal of the American Statistical Association 47, 1952). ``windows``
    are sorted; ``above`` is 0.01 for the 99th percentile.
    """

    windows: tuple[Floats, ...]
    starts: tuple[int, ...]
    above: float
    together: float
    merged: Floats
    seen: dict[float, Share] = field(default_factory=dict, repr=False, compare=False)

    @property
    def value(self) -> float:
        """The quantile of all samples, which is one of them; it may be infinite."""
        return deliveries.quantile(self.merged, 1 - self.above)

    def later_than(self, x: float) -> Share:
        """Return the share of the latencies that are above x."""
        if x not in self.seen:
            late = [len(one) - np.searchsorted(one, x, side="right") for one in self.windows]
            sizes = [float(len(one)) for one in self.windows]
            self.seen[x] = share(np.array(late), np.array(sizes), self.starts, self.together)
        return self.seen[x]

    def bounds(self, level: float) -> tuple[float, float]:
        """Return the interval; a bound is infinite if too many latencies have no end."""
        finite = self.merged[np.isfinite(self.merged)]
        low = _first(finite, lambda x: self._above(x) >= 0 or self.p_value(x) > level)
        high = _first(finite, lambda x: self._above(x) > 0 and self.p_value(x) <= level)
        if len(finite) and self.p_value(float(np.nextafter(finite[0], 0))) > level:
            # Even that all are later is compatible: nothing is known but that time is positive.
            low = 0.0
        return low, high

    def p_value(self, at: float) -> float:
        """Return the p-value of the share of the latencies above a value."""
        return self.later_than(at).p_value(self.above * 100)

    def _above(self, x: float) -> float:
        """Return how far above the quantile x is: positive if fewer than due are later."""
        return self.above - self.later_than(x).share


def quantile(
    windows: Sequence[Floats], starts: Sequence[int], at: float, together: float
) -> Quantile:
    """Return a quantile, 0.99 for the 99th percentile, of the latencies of windows."""
    ordered = tuple(np.sort(one) for one in windows)
    merged = np.sort(np.concatenate(ordered))
    # 1 - 0.99 is a little more than 0.01.
    return Quantile(ordered, tuple(starts), round(1 - at, 9), together, merged)


def _first(ordered: Floats, holds: object) -> float:
    """Return the first value from which on something holds, infinity if it never does."""
    assert callable(holds)
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(float(ordered[middle])) else (middle + 1, high)
    return float(ordered[low]) if low < len(ordered) else math.inf


@dataclass(frozen=True)
class Mean(Quantity):
    """A mean on the logarithmic scale, over starts of a server, or the change from one to another.

    ``edges`` are what the interval contains at every level, on the logarithmic scale: the
    brackets within which a search left each start. A change is in percent. ``is_pooled`` says
    that the error is estimated from the starts of several servers.
    """

    centre: float
    error: float
    freedom: float
    edges: tuple[float, float] = (math.inf, -math.inf)
    is_change: bool = False
    is_pooled: bool = False

    @property
    def value(self) -> float:
        """The geometric mean, or the change in percent."""
        return self._back(self.centre)

    def bounds(self, level: float) -> tuple[float, float]:
        """Return Student's interval, widened to the edges."""
        certain = self.error == 0 and self.freedom > 0
        half = 0.0 if certain else critical_t(level, self.freedom) * (self.error or 1.0)
        low, high = min(self.centre - half, self.edges[0]), max(self.centre + half, self.edges[1])
        return self._back(low), self._back(high)

    def p_value(self, at: float) -> float:
        """Return the p-value of Student's test; 1 for what lies within the edges."""
        ratio = 1 + at / 100 if self.is_change else at
        theta = math.log(ratio) if ratio > 0 else -math.inf
        if self.edges[0] <= theta <= self.edges[1] or theta == self.centre:
            return 1.0
        distance = theta - self.centre
        return two_sided_p(distance / self.error if self.error else math.inf, self.freedom)

    @property
    def has_edges(self) -> bool:
        """Whether there is something that the interval contains at every level."""
        return self.edges[0] <= self.edges[1]

    def widest(self) -> tuple[float, float]:
        """Return the edges, or where there are none the centre as both."""
        return self.edges if self.has_edges else (self.centre, self.centre)

    def _back(self, theta: float) -> float:
        value = math.exp(theta) if theta < 700 else math.inf
        return (value - 1) * 100 if self.is_change else value


def mean(values: Sequence[float]) -> Mean:
    """Return the mean of one positive value of each start."""
    logs = np.log(np.asarray(values, dtype=np.float64))
    freedom = len(logs) - 1
    error = float(logs.std(ddof=1)) / math.sqrt(len(logs)) if freedom else 0.0
    return Mean(float(logs.mean()), error, float(freedom))


@dataclass(frozen=True)
class Spread:
    """The variance of the logarithm of one start's value, and its degrees of freedom."""

    variance: float
    freedom: float


def pooled_spread(searches: Iterable[Sequence[tuple[float, float]]]) -> Spread:
    """Return how far searches on one server differ, from the searches on each of several.

    The pooled variance of the middles within servers (one-way analysis of variance), of the
    brackets that have two ends: one grid for all servers gives all of them the same error.
    That is at least the variance of a value that may be anywhere within its bracket, its
    squared width / 12, all on the logarithmic scale.
    """
    logs = [np.log([one for one in brackets if _is_closed(one)]) for brackets in searches]
    closed = [one for one in logs if len(one)]
    freedom = sum(len(one) - 1 for one in closed)
    if not freedom:
        return Spread(0.0, 0.0)
    centred = [one.mean(axis=1) - one.mean() for one in closed]
    within = sum(float(one @ one) for one in centred) / freedom
    widths = np.concatenate([one[:, 1] - one[:, 0] for one in closed])
    return Spread(max(within, float((widths**2).mean()) / 12), float(freedom))


def _is_closed(bracket: tuple[float, float]) -> bool:
    return bracket[0] > 0 and math.isfinite(bracket[1])


def middle(brackets: Sequence[tuple[float, float]], spread: Spread | None = None) -> Mean:
    """Return what searches found that left each start within [low, high).

    A low of 0 means that nothing held, a high of infinity that nothing failed; a start whose
    value is known has both alike. Between both the geometric middle is taken. The interval
    contains every bracket that lacks an end whole: nothing but the bound is known there. With
    ``spread`` that is the variance of each start, the width of brackets included; otherwise it
    is estimated from these alone.
    """
    found = mean([centre(low, high) for low, high in brackets])
    if spread:
        error = math.sqrt(spread.variance / len(brackets))
        found = Mean(found.centre, error, spread.freedom, is_pooled=True)
    wide = [one for one in brackets if not _is_closed(one)]
    if not wide:
        return found
    low, high = min(low for low, _ in wide), max(high for _, high in wide)
    edges = (math.log(low) if low else -math.inf, math.log(high))
    return replace(found, edges=edges)


def centre(low: float, high: float) -> float:
    """Return the geometric middle of a bracket, or the end that it has."""
    if not low:
        return high
    return low if math.isinf(high) else math.sqrt(low * high)


def welch(old: Mean, new: Mean) -> Mean:
    """Return the change from one mean to another, in percent.

    Degrees of freedom by Satterthwaite (Biometrics Bulletin 2, 1946) as in Welch's test
    (Biometrika 34, 1947). Edges are those of the most different pair of brackets.
    """
    variances = (old.error**2, new.error**2)
    total = sum(variances)
    freedom = min(old.freedom, new.freedom)
    # One estimate of both errors has its own freedom, not that of two.
    if freedom and total and not (old.is_pooled and new.is_pooled):
        freedom = total**2 / (variances[0] ** 2 / old.freedom + variances[1] ** 2 / new.freedom)
    edges = (math.inf, -math.inf)
    if old.has_edges or new.has_edges:
        before, after = old.widest(), new.widest()
        edges = (after[0] - before[1], after[1] - before[0])
    return Mean(new.centre - old.centre, math.sqrt(total), freedom, edges, is_change=True)


PRIOR_FREEDOM = 3.0
"""Degrees of freedom that the variance of the other ways of serving counts for."""

LEAST_PRIORS = 3
"""Ways of serving below which their variances say nothing about one of them."""


def paired(old: Mapping[int, float], new: Mapping[int, float]) -> Floats:
    """Return the difference of two logarithms in each round that has both."""
    return np.array([new[one] - old[one] for one in sorted(old.keys() & new.keys())])


def change_over_rounds(differences: Floats, others: Iterable[Floats]) -> Mean:
    """Return the change in percent from the differences of logarithms in each round.

    What a round has in common, such as the speed of the machine, is in no difference. Three
    rounds show a variance poorly, so it is moderated by that of ``others``, the differences of
    the other ways of serving (Smyth, Statistical Applications in Genetics and Molecular Biology
    3, 2004): their median counts for ``PRIOR_FREEDOM`` degrees of freedom.
    """
    own = _variance(differences)
    priors = [one for one in (own, *map(_variance, others)) if one.freedom]
    variance, freedom = own.variance, own.freedom
    if len(priors) >= LEAST_PRIORS:
        prior = float(np.median([one.variance / _median_chi2(one.freedom) for one in priors]))
        freedom = own.freedom + PRIOR_FREEDOM
        variance = (own.freedom * own.variance + PRIOR_FREEDOM * prior) / freedom
    error = math.sqrt(variance / len(differences))
    return Mean(float(differences.mean()), error, freedom, is_change=True)


def _variance(differences: Floats) -> Spread:
    freedom = max(0, len(differences) - 1)
    return Spread(float(differences.var(ddof=1)) if freedom else 0.0, float(freedom))


def _median_chi2(freedom: float) -> float:
    """Return the median of chi-squared over its degrees of freedom.

    Wilson and Hilferty, Proceedings of the National Academy of Sciences 17, 1931.
    """
    return (1 - 2 / (9 * freedom)) ** 3


def change_of_means(old: Mean, new: Mean, over_rounds: Mean | None) -> Mean:
    """Return the change from one mean to another, with the edges of both.

    ``over_rounds`` is the change within rounds, if there are enough of these.
    """
    unpaired = welch(old, new)
    return replace(over_rounds, edges=unpaired.edges) if over_rounds else unpaired


@dataclass(frozen=True)
class Change(Quantity):
    """The change in percent from one quantity to another, from the intervals of both.

    Method of variance estimates recovery on the logarithmic scale (Zou and Donner, Statistics
    in Medicine 27, 2008). Where a value is 0 or has no end, the interval is that between
    the most different ends of both intervals.
    """

    old: Quantity
    new: Quantity

    @property
    def value(self) -> float:
        """The change in percent; not a number if both are 0 or both without end."""
        return _percent(_log(self.new.value) - _log(self.old.value))

    def bounds(self, level: float) -> tuple[float, float]:
        """Return the interval of the change, in percent."""
        old, new = _log(self.old.value), _log(self.new.value)
        old_low, old_high = (_log(one) for one in self.old.bounds(level))
        new_low, new_high = (_log(one) for one in self.new.bounds(level))
        if math.isfinite(old) and math.isfinite(new):
            low = new - old - math.hypot(new - new_low, old_high - old)
            high = new - old + math.hypot(new_high - new, old - old_low)
        else:
            low, high = new_low - old_high, new_high - old_low
        return (
            -100.0 if math.isnan(low) else _percent(low),
            math.inf if math.isnan(high) else _percent(high),
        )


def _log(value: float) -> float:
    return math.log(value) if value > NO_TIME_MS else -math.inf


def _percent(ratio: float) -> float:
    if math.isnan(ratio):
        return math.nan
    return (math.exp(ratio) - 1) * 100 if ratio < 700 else math.inf
