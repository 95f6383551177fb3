"""Samples of one metric on one server, and the quantities that are estimated from them.

Each kind of samples has its own method to compute an interval (intervals.py). The kinds are
latencies in windows, failures in windows, one value for each start, brackets found by the search
in each start, and answers to yes-or-no questions.
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


Bound = Literal["", "at least", "at most"]
"""Which bound of the true value an estimate is; empty if it is no bound."""


def bound_of_change(old: Bound, new: Bound) -> Bound:
    """Return which bound a change is, from those of the baseline's value and the new value.

    It is none if one value may lie above and the other below what is known of it, because then
    the change is known from neither side.
    """
    opposite: dict[Bound, Bound] = {"at least": "at most", "at most": "at least", "": ""}
    if not old or not new:
        return new or opposite[old]
    return new if opposite[old] == new else ""


@dataclass(frozen=True)
class Samples(ABC):
    """Samples of a server: the start that each belongs to, and why windows are left out.

    ``statistics`` are the statistics that a claim can use with this kind. ``has_times`` says
    whether a claim can use the share that is later than a number of milliseconds.
    """

    starts: tuple[int, ...]
    left_out: tuple[str, ...]

    statistics: ClassVar[Collection[str]] = ()
    has_times: ClassVar[bool] = False
    is_answer: ClassVar[bool] = False

    @property
    def bound(self) -> Bound:
        """Which bound of the true value the estimate is, empty if it is no bound."""
        return ""

    def too_few(self, least_starts: int) -> str:
        """Return why there are too few starts for a verdict; empty if there are enough."""
        count = len(set(self.starts))
        if count >= least_starts:
            return ""
        return f"Only {count} start(s) that count; a verdict rests on {least_starts}."

    @abstractmethod
    def quantity(self, statistic: str) -> Quantity:
        """Return the quantity that a statistic estimates from these samples."""

    def later_than(self, _milliseconds: float) -> Quantity:
        """Return the share of deliveries that took longer, in percent.

        Raises:
            TypeError: this kind of samples has no times.
        """
        raise TypeError(f"{type(self).__name__} have no times")

    def change_from(
        self, old: Samples, statistic: str, _others: Sequence[Samples] = ()
    ) -> Quantity:
        """Return the change from other samples to these, in percent.

        ``others`` are the samples of all other servers: they show how far rounds differ.
        """
        return Change(old.quantity(statistic), self.quantity(statistic))


@dataclass(frozen=True)
class Latencies(Samples):
    """Latencies of each window, in ms.

    ``together`` is the number of deliveries of one message, which are late or in time together.
    """

    windows: tuple[Floats, ...]
    together: float

    statistics = tuple(QUANTILES)
    has_times = True

    def quantity(self, statistic: str) -> Quantity:
        """Return a quantile, which is infinite if too many deliveries never arrived."""
        return quantile(self.windows, self.starts, QUANTILES[statistic], self.together)

    def later_than(self, milliseconds: float) -> Quantity:
        """Return the share of deliveries that took longer or never arrived, in percent."""
        late = [float((window > milliseconds).sum()) for window in self.windows]
        sizes = [float(len(window)) for window in self.windows]
        return share(late, sizes, self.starts, self.together)


@dataclass(frozen=True)
class Failures(Samples):
    """The number of failures in each window, and the number of attempts in ``of``."""

    failed: tuple[float, ...]
    of: tuple[float, ...]

    statistics = ("proportion",)

    def quantity(self, _statistic: str) -> Quantity:
        """Return the share of failures, in percent."""
        return share(self.failed, self.of, self.starts)


@dataclass(frozen=True)
class PerStart(Samples):
    """One value, or one bracket that contains the value, for each start.

    ``rounds`` has the round of each start. Starts of the same round are compared with each
    other, because the speed of the machine may differ from round to round.
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
        logarithms: dict[int, list[float]] = {}
        for number, logarithm in zip(self.rounds, self.logarithms(), strict=True):
            logarithms.setdefault(number, []).append(logarithm)
        return {number: sum(values) / len(values) for number, values in logarithms.items()}

    def change_from(self, old: Samples, statistic: str, others: Sequence[Samples] = ()) -> Quantity:
        """Return the change of the mean.

        It is computed within rounds if at least two rounds have both servers.
        """
        assert isinstance(old, PerStart)
        before = old.by_round()
        differences = paired(before, self.by_round())
        over_rounds = None
        if len(differences) > 1:
            known = (other.by_round() for other in others if isinstance(other, PerStart))
            over_rounds = change_over_rounds(
                differences, [paired(before, after) for after in known]
            )
        return change_of_means(old.quantity(statistic), self.quantity(statistic), over_rounds)


@dataclass(frozen=True)
class Values(PerStart):
    """One positive value for each start."""

    values: tuple[float, ...]

    def quantity(self, _statistic: str) -> Mean:
        """Return the geometric mean over the starts."""
        return mean(self.values)

    def logarithms(self) -> Sequence[float]:
        """Return the logarithm of the value of each start."""
        return [math.log(value) for value in self.values]


@dataclass(frozen=True)
class Brackets(PerStart):
    """One bracket for each start, between whose ends the value is known to be.

    ``spread`` is how far the starts of one server differ, if other servers show it too.
    """

    brackets: tuple[tuple[float, float], ...]
    spread: Spread | None = None

    @property
    def bound(self) -> Bound:
        """The kind of bound: "at least" if some start did not reach its limit.

        It is "at most" if no start has a lower bound, and otherwise empty.
        """
        if any(math.isinf(high) for _low, high in self.brackets):
            return "at least"
        return "at most" if not any(low for low, _high in self.brackets) else ""

    def too_few(self, least_starts: int) -> str:
        """Return why there are too few starts for a verdict; empty if there are enough.

        One start is enough if ``spread`` shows how far starts differ.
        """
        if self.starts and self.spread and self.spread.freedom >= least_starts:
            return ""
        return super().too_few(least_starts)

    def quantity(self, _statistic: str) -> Mean:
        """Return the geometric mean of the middles of the brackets."""
        return middle(self.brackets, self.spread)

    def logarithms(self) -> Sequence[float]:
        """Return the logarithm of the middle of each bracket."""
        return [math.log(centre(*bracket)) for bracket in self.brackets]

    def change_from(self, old: Samples, statistic: str, others: Sequence[Samples] = ()) -> Quantity:
        """Return the change of the mean of the middles."""
        assert isinstance(old, Brackets)
        if self.spread:
            return welch(old.quantity(statistic), self.quantity(statistic))
        return super().change_from(old, statistic, others)


@dataclass(frozen=True)
class Answers(Samples):
    """Whether each probe found that the server offers a capability."""

    answers: tuple[bool, ...]

    statistics = ("offered",)
    is_answer = True

    def quantity(self, _statistic: str) -> Quantity:
        """Raise an error, because answers have no spread and so no interval.

        Raises:
            TypeError: always.
        """
        raise TypeError("answers have no interval")


def starts_of(samples: Sequence[Samples]) -> int:
    """Return the smallest number of starts that any of the samples have."""
    return min(len(set(each.starts)) for each in samples)
