"""What was measured of one quantity of one server, and what can be known of it.

Each kind of samples has its own way to an interval (intervals.py): latencies in windows,
failures in windows, one value of each start, what a search found in each start, and answers to
yes or no.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from benchmarks.measure.deliveries import Floats
from benchmarks.measure.intervals import (
    Change,
    Mean,
    Quantity,
    Spread,
    centre,
    change_of_means,
    change_over_rounds,
    mean,
    middle,
    paired,
    quantile,
    share,
    welch,
)

QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Samples(ABC):
    """Samples of a server: the start that each window belongs to, and why windows are missing.

    ``statistics`` are those that a claim can ask this kind for; ``has_times`` says whether it
    can ask for the share that is later than so many milliseconds.
    """

    starts: tuple[int, ...]
    left_out: tuple[str, ...]

    statistics: ClassVar[Collection[str]] = ()
    has_times: ClassVar[bool] = False
    is_answer: ClassVar[bool] = False

    @property
    def bound(self) -> Literal["", "at least", "at most"]:
        """What the value is of the server's true one, where it is only a bound."""
        return ""

    def too_few(self, least_starts: int) -> str:
        """Return why these starts are not enough to rest a verdict on; empty if they are."""
        found = len(set(self.starts))
        if found >= least_starts:
            return ""
        return f"Only {found} start(s) that count; a verdict rests on {least_starts}."

    @abstractmethod
    def quantity(self, statistic: str) -> Quantity:
        """Return the quantity that a statistic sums these samples up to."""

    def later_than(self, _milliseconds: float) -> Quantity:
        """Return the share of deliveries that took longer, in percent."""
        raise TypeError(f"{type(self).__name__} have no times")

    def change_from(
        self, old: Samples, statistic: str, _others: Sequence[Samples] = ()
    ) -> Quantity:
        """Return the change from other samples to these, in percent.

        ``others`` are the samples of the other ways of serving: they show how far rounds differ.
        """
        return Change(old.quantity(statistic), self.quantity(statistic))


@dataclass(frozen=True)
class Latencies(Samples):
    """Latencies of each window in ms; ``together`` deliveries of one message share its fate."""

    windows: tuple[Floats, ...]
    together: float

    statistics = tuple(QUANTILES)
    has_times = True

    def quantity(self, statistic: str) -> Quantity:
        """Return a quantile, which is infinite if too much never arrived."""
        return quantile(self.windows, self.starts, QUANTILES[statistic], self.together)

    def later_than(self, milliseconds: float) -> Quantity:
        """Return the share of deliveries that took longer or never arrived, in percent."""
        late = [float((one > milliseconds).sum()) for one in self.windows]
        return share(late, [float(len(one)) for one in self.windows], self.starts, self.together)


@dataclass(frozen=True)
class Failures(Samples):
    """What failed in each window, and of how many."""

    failed: tuple[float, ...]
    of: tuple[float, ...]

    statistics = ("proportion",)

    def quantity(self, _statistic: str) -> Quantity:
        """Return the share of failures, in percent."""
        return share(self.failed, self.of, self.starts)


@dataclass(frozen=True)
class PerStart(Samples):
    """One value of each start, or between what and what it is known to be.

    ``rounds`` has the round of each start. Starts of one round are compared with each other:
    the machine's speed may differ from round to round.
    """

    rounds: tuple[int, ...]

    statistics = ("mean",)

    @abstractmethod
    def quantity(self, statistic: str) -> Mean:
        """Return the geometric mean over the starts."""

    @abstractmethod
    def logarithms(self) -> Sequence[float]:
        """Return the logarithm of the value of each start."""

    def by_round(self) -> dict[int, float]:
        """Return the mean of the logarithms of the starts of each round."""
        found: dict[int, list[float]] = {}
        for number, one in zip(self.rounds, self.logarithms(), strict=True):
            found.setdefault(number, []).append(one)
        return {number: sum(values) / len(values) for number, values in found.items()}

    def change_from(self, old: Samples, statistic: str, others: Sequence[Samples] = ()) -> Quantity:
        """Return the change of the mean: within rounds, if two rounds have both servers."""
        assert isinstance(old, PerStart)
        before = old.by_round()
        differences = paired(before, self.by_round())
        over_rounds = None
        if len(differences) > 1:
            known = (one.by_round() for one in others if isinstance(one, PerStart))
            over_rounds = change_over_rounds(differences, [paired(before, one) for one in known])
        return change_of_means(old.quantity(statistic), self.quantity(statistic), over_rounds)


@dataclass(frozen=True)
class Values(PerStart):
    """One positive value of each start."""

    values: tuple[float, ...]

    def quantity(self, _statistic: str) -> Mean:
        """Return the geometric mean over the starts."""
        return mean(self.values)

    def logarithms(self) -> Sequence[float]:
        """Return the logarithm of the value of each start."""
        return [math.log(one) for one in self.values]


@dataclass(frozen=True)
class Brackets(PerStart):
    """Between what and what the value of each start is known to be.

    ``spread`` is how far the starts of one server differ, where that is known from other
    servers too.
    """

    brackets: tuple[tuple[float, float], ...]
    spread: Spread | None = None

    @property
    def bound(self) -> Literal["", "at least", "at most"]:
        """At least, if some start was not driven to its limit; at most, if none held."""
        if any(math.isinf(high) for _low, high in self.brackets):
            return "at least"
        return "at most" if not any(low for low, _high in self.brackets) else ""

    def too_few(self, least_starts: int) -> str:
        """Return why not; one start is enough where other servers show how far starts differ."""
        if self.starts and self.spread and self.spread.freedom >= least_starts:
            return ""
        return super().too_few(least_starts)

    def quantity(self, _statistic: str) -> Mean:
        """Return the geometric middle over the starts."""
        return middle(self.brackets, self.spread)

    def logarithms(self) -> Sequence[float]:
        """Return the logarithm of the middle of each bracket."""
        return [math.log(centre(*one)) for one in self.brackets]

    def change_from(self, old: Samples, statistic: str, others: Sequence[Samples] = ()) -> Quantity:
        """Return the change of the middle."""
        assert isinstance(old, Brackets)
        if self.spread:
            return welch(old.quantity(statistic), self.quantity(statistic))
        return super().change_from(old, statistic, others)


@dataclass(frozen=True)
class Answers(Samples):
    """Whether each probe found that the server offers something."""

    answers: tuple[bool, ...]

    statistics = ("offered",)
    is_answer = True

    def quantity(self, _statistic: str) -> Quantity:
        """Answers have no spread, and so no interval."""
        raise TypeError("answers have no interval")


def starts_of(samples: Sequence[Samples]) -> int:
    """Return how many starts the samples with the fewest have."""
    return min(len(set(one.starts)) for one in samples)
