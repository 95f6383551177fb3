"""Quantities with their estimates, confidence intervals and p-values.

A quantity is uncertain because only some windows of some starts of a server were measured. Each
kind of quantity has a confidence interval at any significance level: the values that are
compatible with the measurement. The p-value of a threshold is the level at which the interval
just reaches it, so intervals and p-values agree. The rules in verdicts.py decide from them.

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
"""Significance level of the 95 % intervals in reports; a decision may need a stricter one."""

STARTS_DIFFER = 0.1
"""The p-value of an F test below which starts count as different from each other."""

SMALLEST_LEVEL = 1e-9
"""Smallest p-value that the bisection returns; smaller ones are not distinguished."""

BISECTIONS = 30
NO_TIME_MS = 1e-6
"""Largest value that counts as 0, so that its logarithm is minus infinity."""


class Quantity(ABC):
    """A quantity with a confidence interval at every significance level."""

    @property
    @abstractmethod
    def value(self) -> float:
        """The estimate of the quantity."""

    @abstractmethod
    def bounds(self, level: float) -> tuple[float, float]:
        """Return the interval that misses the true value with the probability ``level``."""

    def p_value(self, at: float) -> float:
        """Return the level at which the interval just reaches the value ``at``.

        It is small if the value is far from the estimate.
        """
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
    """A share of ``effective`` trials, which is the number of effectively independent ones.

    The score interval is valid at 0 % and 100 % too (Wilson, Journal of the American
    Statistical Association 22, 1927). Student's t replaces the normal distribution, because the
    effective number of trials is itself estimated from a few windows. ``freedom`` is the number
    of degrees of freedom.
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
        # At 0 and 100 % the bound equals the share, apart from rounding errors.
        low = 0.0 if p == 0 else max(0.0, centre - half)
        high = 1.0 if p == 1 else min(1.0, centre + half)
        return low * 100, high * 100

    def p_value(self, at: float) -> float:
        """Return the p-value of the score test for a share in percent."""
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
    """Return the share of failed trials, from the counts in each window.

    ``failed`` and ``of`` have the failed and all trials of each window, ``starts`` the server
    start that each window belongs to. ``together`` is the number of trials that fail or succeed
    together, as the deliveries of one message do.

    This is a ratio estimator, and its variance is the variance between windows (Cochran,
    Sampling Techniques, 3rd edition, 1977, chapter 6). The ratio of this variance to that of
    independent trials is the design effect (Kish, Survey Sampling, 1965), which is at least
    ``together``. If windows of the same start are more alike than windows of different starts,
    the variance between starts is used when it is larger. If the share is 0 or 1, no variance
    can be estimated, and the normal distribution replaces Student's t.

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
        residuals = y - p * n
        variance = windows / freedom * float(residuals @ residuals)
        variance, freedom = max(
            (variance, freedom),
            _estimate_variance_between_starts(residuals, np.asarray(starts)),
            key=lambda pair: pair[0],
        )
    independent = p * (1 - p) * trials
    if not independent and freedom:
        # If all trials failed, or none, no variance can be estimated.
        return Share(p, trials / together, math.inf)
    effect = max(together, variance / independent) if independent else together
    return Share(p, trials / effect, float(freedom))


def _estimate_variance_between_starts(
    residuals: Floats, starts: npt.NDArray[np.int64]
) -> tuple[float, int]:
    """Return the variance between starts and its degrees of freedom.

    Both are 0 if the starts do not differ significantly.
    """
    _, start_indexes = np.unique(starts, return_inverse=True)
    windows = np.bincount(start_indexes)
    count = len(windows)
    freedom_within = len(residuals) - count
    if count < 2 or not freedom_within:
        return 0.0, 0
    totals = np.bincount(start_indexes, weights=residuals)
    explained = float((totals**2 / windows).sum()) / (count - 1)
    unexplained = max(0.0, float(residuals @ residuals) - explained * (count - 1)) / freedom_within
    f = explained / unexplained if unexplained else math.inf if explained else 0.0
    if f_p(f, count - 1, freedom_within) >= STARTS_DIFFER:
        return 0.0, 0
    return count / (count - 1) * float(totals @ totals), count - 1


@dataclass(frozen=True)
class Quantile(Quantity):
    """A quantile of the latencies of several windows; some latencies may be infinite.

    The interval has every x for which the share of latencies above x is compatible with
    ``above`` (Woodruff, Journal of the American Statistical Association 47, 1952). ``above`` is
    0.01 for the 99th percentile. Each of ``windows`` is sorted, ``merged`` has all latencies in
    order, and ``seen`` caches the shares already computed.
    """

    windows: tuple[Floats, ...]
    starts: tuple[int, ...]
    above: float
    together: float
    merged: Floats
    seen: dict[float, Share] = field(default_factory=dict, repr=False, compare=False)

    @property
    def value(self) -> float:
        """The quantile of all samples. It is one of the samples and may be infinite."""
        return deliveries.quantile(self.merged, 1 - self.above)

    def later_than(self, x: float) -> Share:
        """Return the share of the latencies that are above x."""
        if x not in self.seen:
            late = [len(each) - np.searchsorted(each, x, side="right") for each in self.windows]
            sizes = [float(len(each)) for each in self.windows]
            self.seen[x] = share(np.array(late), np.array(sizes), self.starts, self.together)
        return self.seen[x]

    def bounds(self, level: float) -> tuple[float, float]:
        """Return the interval; a bound is infinite if too many latencies are infinite."""
        finite = self.merged[np.isfinite(self.merged)]
        low = _find_first(finite, lambda x: self._measure_gap(x) >= 0 or self.p_value(x) > level)
        high = _find_first(finite, lambda x: self._measure_gap(x) > 0 and self.p_value(x) <= level)
        if len(finite) and self.p_value(float(np.nextafter(finite[0], 0))) > level:
            # Values below the smallest latency are compatible too: the lower bound is then only
            # that a time is positive.
            low = 0.0
        return low, high

    def p_value(self, at: float) -> float:
        """Return the p-value for the share of the latencies above a value."""
        return self.later_than(at).p_value(self.above * 100)

    def _measure_gap(self, x: float) -> float:
        """Return ``above`` less the share of latencies above x: positive if x is too large."""
        return self.above - self.later_than(x).share


def quantile(
    windows: Sequence[Floats], starts: Sequence[int], at: float, together: float
) -> Quantile:
    """Return a quantile of the latencies of windows; ``at`` is 0.99 for the 99th percentile."""
    ordered = tuple(np.sort(each) for each in windows)
    merged = np.sort(np.concatenate(ordered))
    # Rounded because in floating point 1 - 0.99 is a little more than 0.01.
    return Quantile(ordered, tuple(starts), round(1 - at, 9), together, merged)


def _find_first(ordered: Floats, holds: object) -> float:
    """Return the smallest value for which ``holds`` is true, or infinity if there is none.

    It is a binary search: ``holds`` has to be true for all larger values too.
    """
    assert callable(holds)
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(float(ordered[middle])) else (middle + 1, high)
    return float(ordered[low]) if low < len(ordered) else math.inf


@dataclass(frozen=True)
class Mean(Quantity):
    """A geometric mean over starts of a server, or the change from one such mean to another.

    ``centre``, its standard error ``error`` and ``edges`` are on the logarithmic scale.
    ``edges`` is a range that the interval contains at every level, because searches gave only
    brackets for some starts. ``freedom`` is the number of degrees of freedom. A change is
    reported in percent. ``is_pooled`` says that the error is estimated from the starts of
    several servers.
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
        return self._from_logarithm(self.centre)

    def bounds(self, level: float) -> tuple[float, float]:
        """Return Student's interval, widened to contain the edges."""
        is_certain = self.error == 0 and self.freedom > 0
        half = 0.0 if is_certain else critical_t(level, self.freedom) * (self.error or 1.0)
        low, high = min(self.centre - half, self.edges[0]), max(self.centre + half, self.edges[1])
        return self._from_logarithm(low), self._from_logarithm(high)

    def p_value(self, at: float) -> float:
        """Return the p-value of Student's test; 1 for a value between the edges."""
        ratio = 1 + at / 100 if self.is_change else at
        theta = math.log(ratio) if ratio > 0 else -math.inf
        if self.edges[0] <= theta <= self.edges[1] or theta == self.centre:
            return 1.0
        distance = theta - self.centre
        return two_sided_p(distance / self.error if self.error else math.inf, self.freedom)

    @property
    def has_edges(self) -> bool:
        """Whether there is a range that the interval contains at every level."""
        return self.edges[0] <= self.edges[1]

    def widest(self) -> tuple[float, float]:
        """Return the edges, or the centre twice if there are none."""
        return self.edges if self.has_edges else (self.centre, self.centre)

    def _from_logarithm(self, theta: float) -> float:
        value = math.exp(theta) if theta < 700 else math.inf
        return (value - 1) * 100 if self.is_change else value


def mean(values: Sequence[float]) -> Mean:
    """Return the geometric mean of one positive value of each start."""
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
    """Return how far repeated searches on one server differ, pooled over several servers.

    ``searches`` has the brackets of all searches on each server. The result is the pooled
    variance within servers (one-way analysis of variance) of the middles of the brackets that
    have two ends. It may be pooled because all servers are searched on the same grid, and so
    have the same error. It is at least the variance of a value that may be anywhere within its
    bracket, which is the squared width / 12. All of this is on the logarithmic scale.
    """
    logs = [
        np.log([bracket for bracket in brackets if _is_closed(bracket)]) for brackets in searches
    ]
    by_server = [closed for closed in logs if len(closed)]
    freedom = sum(len(closed) - 1 for closed in by_server)
    if not freedom:
        return Spread(0.0, 0.0)
    centred = [closed.mean(axis=1) - closed.mean() for closed in by_server]
    within = sum(float(middles @ middles) for middles in centred) / freedom
    widths = np.concatenate([closed[:, 1] - closed[:, 0] for closed in by_server])
    return Spread(max(within, float((widths**2).mean()) / 12), float(freedom))


def _is_closed(bracket: tuple[float, float]) -> bool:
    return bracket[0] > 0 and math.isfinite(bracket[1])


def middle(brackets: Sequence[tuple[float, float]], spread: Spread | None = None) -> Mean:
    """Return the geometric mean over starts whose values are known to be within brackets.

    Each bracket is [low, high). A low of 0 means that no step held, a high of infinity that no
    step failed. If the value of a start is known, both are equal. Otherwise the geometric
    middle of the bracket is used. The interval contains every bracket that lacks an end,
    because only the other end is known there. ``spread`` is the variance of each start and
    includes the width of the brackets; without it, the variance is estimated from these
    brackets alone.
    """
    estimated = mean([centre(low, high) for low, high in brackets])
    if spread:
        error = math.sqrt(spread.variance / len(brackets))
        estimated = Mean(estimated.centre, error, spread.freedom, is_pooled=True)
    open_brackets = [bracket for bracket in brackets if not _is_closed(bracket)]
    if not open_brackets:
        return estimated
    low, high = min(low for low, _ in open_brackets), max(high for _, high in open_brackets)
    edges = (math.log(low) if low else -math.inf, math.log(high))
    return replace(estimated, edges=edges)


def centre(low: float, high: float) -> float:
    """Return the geometric middle of a bracket, or its only end."""
    if not low:
        return high
    return low if math.isinf(high) else math.sqrt(low * high)


def welch(old: Mean, new: Mean) -> Mean:
    """Return the change from one mean to another, in percent.

    The degrees of freedom are those of Satterthwaite (Biometrics Bulletin 2, 1946), as in
    Welch's test (Biometrika 34, 1947). The edges are the largest differences between the edges
    of both means.
    """
    variances = (old.error**2, new.error**2)
    total = sum(variances)
    freedom = min(old.freedom, new.freedom)
    # If both errors are pooled, they are one estimate with its own degrees of freedom.
    if freedom and total and not (old.is_pooled and new.is_pooled):
        freedom = total**2 / (variances[0] ** 2 / old.freedom + variances[1] ** 2 / new.freedom)
    edges = (math.inf, -math.inf)
    if old.has_edges or new.has_edges:
        before, after = old.widest(), new.widest()
        edges = (after[0] - before[1], after[1] - before[0])
    return Mean(new.centre - old.centre, math.sqrt(total), freedom, edges, is_change=True)


PRIOR_FREEDOM = 3.0
"""Degrees of freedom that the prior variance, taken from all servers, counts for."""

LEAST_PRIORS = 3
"""Number of servers from which on their variances are used as a prior for one of them."""


def paired(old: Mapping[int, float], new: Mapping[int, float]) -> Floats:
    """Return the differences of logarithms in the rounds that both have."""
    return np.array([new[number] - old[number] for number in sorted(old.keys() & new.keys())])


def change_over_rounds(differences: Floats, others: Iterable[Floats]) -> Mean:
    """Return the change in percent from the differences of logarithms in each round.

    Differences cancel what is common to a round, such as the speed of the machine. A variance
    estimated from three rounds is poor, so it is moderated by a prior (Smyth, Statistical
    Applications in Genetics and Molecular Biology 3, 2004). The prior is the median variance
    over this server and ``others``, which are the differences of the other servers; it counts
    for ``PRIOR_FREEDOM`` degrees of freedom.
    """
    own = _estimate_variance(differences)
    spreads = [own, *map(_estimate_variance, others)]
    priors = [spread for spread in spreads if spread.freedom]
    variance, freedom = own.variance, own.freedom
    if len(priors) >= LEAST_PRIORS:
        prior = float(
            np.median([each.variance / _compute_median_chi2(each.freedom) for each in priors])
        )
        freedom = own.freedom + PRIOR_FREEDOM
        variance = (own.freedom * own.variance + PRIOR_FREEDOM * prior) / freedom
    error = math.sqrt(variance / len(differences))
    return Mean(float(differences.mean()), error, freedom, is_change=True)


def _estimate_variance(differences: Floats) -> Spread:
    freedom = max(0, len(differences) - 1)
    return Spread(float(differences.var(ddof=1)) if freedom else 0.0, float(freedom))


def _compute_median_chi2(freedom: float) -> float:
    """Return the median of chi-squared, divided by its degrees of freedom.

    Source: Wilson and Hilferty, Proceedings of the National Academy of Sciences 17, 1931.
    """
    return (1 - 2 / (9 * freedom)) ** 3


def change_of_means(old: Mean, new: Mean, over_rounds: Mean | None) -> Mean:
    """Return the change from one mean to another, with edges that follow from those of both.

    ``over_rounds`` is the change within rounds, if there are enough rounds.
    """
    unpaired = welch(old, new)
    return replace(over_rounds, edges=unpaired.edges) if over_rounds else unpaired


@dataclass(frozen=True)
class Change(Quantity):
    """The change in percent from one quantity to another, from the intervals of both.

    The method is that of variance estimates recovery, on the logarithmic scale (Zou and Donner,
    Statistics in Medicine 27, 2008). If a value is 0 or infinite, the interval lies between the
    largest differences of the ends of both intervals.
    """

    old: Quantity
    new: Quantity

    @property
    def value(self) -> float:
        """The change in percent; NaN if both values are 0 or both are infinite."""
        return _percent(_log(self.new.value) - _log(self.old.value))

    def bounds(self, level: float) -> tuple[float, float]:
        """Return the interval of the change, in percent."""
        old, new = _log(self.old.value), _log(self.new.value)
        old_low, old_high = (_log(bound) for bound in self.old.bounds(level))
        new_low, new_high = (_log(bound) for bound in self.new.bounds(level))
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
