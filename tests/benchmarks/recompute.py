"""Recompute every verdict of a run from its Parquet files, sharing no code with benchmarks/.

    python tests/benchmarks/recompute.py reports/sample

The script uses only pandas, numpy and the standard library. The formulas are those of
docs/decisions/0019-what-decides-a-claim.md. Which windows are valid depends on the measuring
instrument, not on statistics, so the script reads this from results.json. It exits with status 1
if a verdict, a value, a change, a bound or a 95 % interval differs or is missing, and with status 2
if it cannot read the run.
"""

from __future__ import annotations

import functools
import json
import math
import sys
import tomllib
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

CLAIMS = Path(__file__).parents[2] / "benchmarks" / "claims.toml"
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
LATENCIES = {"delivery": "message", "typing": "typing"}
PER_START = {"memory", "cpu", "resources"}
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)
NEVER = -1
SMALLEST_LEVEL = 1e-9
COLUMNS = {
    "sessions": ("session", "server", "transport", "repeat"),
    "windows": (
        *("session", "scenario", "phase", "users", "room_size"),
        *("start_ns", "end_ns", "deadline_ns"),
    ),
    "sent": (
        *("session", "kind", "ref", "sender", "conversation"),
        *("intended_ns", "sent_ns", "acked_ns"),
    ),
    "received": ("session", "ref", "recipient", "received_ns"),
    "operations": ("session", "kind", "start_ns", "ok"),
    "resources": ("session", "at_ns", "role", "pss_bytes", "cpu_ns"),
    "processors": ("session", "cpu", "side"),
    "http": ("session", "phase", "start_ns", "duration_ns", "ok"),
    "probes": ("session", "capability", "offered"),
}
"""The columns of each table that the script uses."""


FINE = (
    "Every verdict, value, change, bound and 95 % interval follows from the raw data, given which "
    "windows results.json calls valid."
)


class UnreadableError(Exception):
    """A file of the run is missing or damaged; the message says which."""


# --- distributions, by numerical integration ---------------------------------------------------


def integral(function, low, high):
    middle, half = (low + high) / 2, (high - low) / 2
    return half * float(WEIGHTS @ function(middle + half * NODES))


def t_p_value(t, freedom):
    """Return the two-sided p-value of Student's t; x = sqrt(freedom) * tan(angle)."""
    if freedom <= 0:
        return 1.0
    if math.isinf(freedom):
        return math.erfc(abs(t) / math.sqrt(2))
    angle = math.pi / 2 if math.isinf(t) else math.atan(abs(t) / math.sqrt(freedom))
    # Integrate over the complementary angle, so that a small tail keeps its precision.
    tail = integral(lambda x: np.sin(x) ** (freedom - 1), 0, math.pi / 2 - angle)
    return tail / integral(lambda x: np.sin(x) ** (freedom - 1), 0, math.pi / 2)


@functools.cache
def t_critical_value(level, freedom):
    """Return the two-sided critical value of Student's t, found by bisection."""
    low, high = 0.0, 1.0
    if freedom <= 0:
        return math.inf
    while t_p_value(high, freedom) > level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_p_value(middle, freedom) > level else (low, middle)
    return (low + high) / 2


def f_p_value(f, above, below):
    """Return the probability of a larger F; below / (below + above * F) = sin(angle) ** 2.

    ``above`` and ``below`` are the degrees of freedom of the numerator and the denominator.
    """
    angle = 0.0 if math.isinf(f) else math.asin(math.sqrt(below / (below + above * f)))

    def density(x):
        return np.sin(x) ** (below - 1) * np.cos(x) ** (above - 1)

    return integral(density, 0, angle) / integral(density, 0, math.pi / 2)


def nominal_levels(information, level, boundary):
    """Return the nominal level of each interim analysis.

    The numerical integration uses an even grid instead of Gauss points.
    """
    last = information[-1]
    shape = [1.0 if boundary == "pocock" else math.sqrt(last / t) for t in information]

    def overall_level(constant):
        density, grid, time = None, None, 0.0
        for factor, t in zip(shape, information, strict=True):
            limit = constant * factor * math.sqrt(t)
            points = np.linspace(-limit, limit, 801)
            spread = math.sqrt(t - time)
            if density is None:
                new = np.exp(-(points**2) / (2 * t)) / math.sqrt(2 * math.pi * t)
            else:
                kernel = np.exp(-((points[:, None] - grid[None, :]) ** 2) / (2 * spread**2))
                new = np.trapezoid(kernel * density, grid, axis=1)
                new /= math.sqrt(2 * math.pi) * spread
            density, grid, time = new, points, t
        return 1 - np.trapezoid(density, grid)

    low, high = 0.0, 8.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if overall_level(middle) > level else (low, middle)
    return [math.erfc(high * factor / math.sqrt(2)) for factor in shape]


# --- quantities: each has a value and, at every level, an interval ------------------------------


def exp(exponent):
    """Return e to a power, or infinity if it is too large for a float."""
    return math.exp(exponent) if exponent < 700 else math.inf


def log(value):
    """Return the natural logarithm, or minus infinity for a value of (almost) 0."""
    return math.log(value) if value > 1e-6 else -math.inf


def share_of(failed, trials, starts, cluster_size):
    """Return the share, the effective number of trials, and the degrees of freedom.

    ``failed``, ``trials`` and ``starts`` have one item for each window; ``cluster_size`` is the
    number of trials with a common result.
    """
    y, n = np.array(failed, float), np.array(trials, float)
    p, windows = y.sum() / n.sum(), len(y)
    freedom, variance = windows - 1, 0.0
    if windows > 1:
        residuals = y - p * n
        variance = windows / (windows - 1) * (residuals**2).sum()
        groups = pd.Series(residuals).groupby(np.array(starts))
        totals, sizes = groups.sum(), groups.size()
        count = len(totals)
        if 1 < count < windows:
            between = (totals**2 / sizes).sum() / (count - 1)
            within = ((residuals - groups.transform("mean")) ** 2).sum() / (windows - count)
            f = between / within if within > 0 else math.inf if between > 0 else 0.0
            of_starts = count / (count - 1) * (totals**2).sum()
            if f_p_value(f, count - 1, windows - count) < 0.1 and of_starts > variance:
                variance, freedom = of_starts, count - 1
    binomial = p * (1 - p) * n.sum()
    if not binomial and windows > 1:
        freedom = math.inf
    design_effect = max(cluster_size, variance / binomial) if binomial else cluster_size
    return p, n.sum() / design_effect, freedom


class Share:
    """A share in percent, with the score interval."""

    def __init__(self, failed, trials, starts, cluster_size):
        self.p, self.n, self.freedom = share_of(failed, trials, starts, cluster_size)
        self.value = self.p * 100

    def bounds(self, level):
        t = t_critical_value(level, self.freedom)
        if math.isinf(t):
            return 0.0, 100.0
        p, n = self.p, self.n
        centre = (p + t * t / (2 * n)) / (1 + t * t / n)
        half = t / (1 + t * t / n) * math.sqrt(p * (1 - p) / n + t * t / (4 * n * n))
        return (centre - half if p else 0) * 100, (centre + half if p < 1 else 1) * 100

    def p_value_of(self, share):
        """Return the p-value of the hypothesis that the true share is this one."""
        return t_p_value((self.p - share) / math.sqrt(share * (1 - share) / self.n), self.freedom)


class Quantile:
    """A quantile; a time is in its interval if the share later than it is compatible with 1 - q."""

    def __init__(self, windows, starts, at, cluster_size):
        self.windows, self.starts, self.cluster_size = windows, starts, cluster_size
        self.share_above = 1 - at
        self.samples = np.sort(np.concatenate(windows))
        rank = math.ceil(round(at * (len(self.samples) - 1), 6))
        self.value = float(self.samples[rank])
        self.cache = {}

    def share_later_than(self, x):
        """Return the share later than x, and the p-value of the quantile being x."""
        if x not in self.cache:
            counts = [(times > x).sum() for times in self.windows]
            sizes = [len(times) for times in self.windows]
            share = Share(counts, sizes, self.starts, self.cluster_size)
            self.cache[x] = (share.p, share.p_value_of(self.share_above))
        return self.cache[x]

    def bounds(self, level):
        times = self.samples[np.isfinite(self.samples)]

        def first_time(condition):
            low, high = 0, len(times)
            while low < high:
                middle = (low + high) // 2
                if condition(*self.share_later_than(times[middle])):
                    high = middle
                else:
                    low = middle + 1
            return float(times[low]) if low < len(times) else math.inf

        low = first_time(lambda share, p: share <= self.share_above or p > level)
        high = first_time(lambda share, p: share < self.share_above and p <= level)
        if len(times) and self.share_later_than(np.nextafter(times[0], 0))[1] > level:
            low = 0.0
        return low, high


class LogEstimate:
    """A mean of starts on the logarithmic scale, or the change between two, in percent.

    ``widen_to`` is None, or a range of logarithms that every interval has to contain.
    """

    def __init__(self, centre, error, freedom, widen_to, is_change=False, is_pooled=False):
        self.centre, self.error, self.freedom, self.widen_to = centre, error, freedom, widen_to
        self.is_change, self.is_pooled = is_change, is_pooled
        self.value = self.from_log(centre)

    def from_log(self, exponent):
        return (exp(exponent) - 1) * 100 if self.is_change else exp(exponent)

    def bounds(self, level):
        half = t_critical_value(level, self.freedom) * self.error if self.error else 0.0
        if self.freedom <= 0:
            half = math.inf
        low, high = self.centre - half, self.centre + half
        if self.widen_to:
            low, high = min(low, self.widen_to[0]), max(high, self.widen_to[1])
        return self.from_log(low), self.from_log(high)


def is_closed(bracket):
    """Return whether a bracket has both ends."""
    return bracket[0] > 0 and math.isfinite(bracket[1])


def variance_of_searches(servers):
    """Return the pooled variance of closed brackets within servers, and its degrees of freedom.

    None if no server has two closed brackets.
    """
    squares, freedom, widths = 0.0, 0, []
    for brackets in servers:
        closed = np.log([bracket for bracket in brackets if is_closed(bracket)])
        if len(closed):
            middles = closed.mean(axis=1)
            squares += ((middles - middles.mean()) ** 2).sum()
            freedom += len(closed) - 1
            widths += list(closed[:, 1] - closed[:, 0])
    if not freedom:
        return None
    return max(squares / freedom, np.square(widths).mean() / 12), freedom


def mean_of(brackets, variance=None):
    """Return the mean over starts, each of which is known to be within its [low, high)."""
    logs = np.log(
        [
            high if low == 0 else low if math.isinf(high) else math.sqrt(low * high)
            for low, high in brackets
        ]
    )
    error = logs.std(ddof=1) / math.sqrt(len(logs)) if len(logs) > 1 else 0.0
    freedom = len(logs) - 1
    if variance:
        error, freedom = math.sqrt(variance[0] / len(logs)), variance[1]
    unclosed = [bracket for bracket in brackets if not is_closed(bracket)]
    widen_to = None
    if unclosed:
        low, high = min(low for low, _ in unclosed), max(high for _, high in unclosed)
        widen_to = (math.log(low) if low else -math.inf, math.log(high))
    return LogEstimate(logs.mean(), error, freedom, widen_to, is_pooled=bool(variance))


def change_of_means(old, new):
    a, b = old.error**2, new.error**2
    freedom = min(old.freedom, new.freedom)
    if freedom and a + b and not (old.is_pooled and new.is_pooled):
        freedom = (a + b) ** 2 / (a * a / old.freedom + b * b / new.freedom)
    widen_to = None
    if old.widen_to or new.widen_to:
        before = old.widen_to or (old.centre, old.centre)
        after = new.widen_to or (new.centre, new.centre)
        widen_to = (after[0] - before[1], after[1] - before[0])
    return LogEstimate(new.centre - old.centre, math.sqrt(a + b), freedom, widen_to, is_change=True)


def change_within_rounds(old, new, others):
    """Return the centre, the error and the degrees of freedom of the change.

    None if fewer than two rounds have both sides.
    """

    def changes_by_round(side):
        return np.array([side[number] - old[number] for number in sorted(old.keys() & side.keys())])

    own = changes_by_round(new)
    n = len(own)
    if n < 2:
        return None
    variances = []
    for changes in (own, *map(changes_by_round, others)):
        freedom = len(changes) - 1
        if freedom > 0:
            variances.append(changes.var(ddof=1) / (1 - 2 / (9 * freedom)) ** 3)
    variance, freedom = own.var(ddof=1), n - 1
    if len(variances) >= 3:
        variance = (freedom * variance + 3 * np.median(variances)) / (freedom + 3)
        freedom += 3
    return own.mean(), math.sqrt(variance / n), freedom


class Ratio:
    """The change between two quantities in percent, from the intervals of both."""

    def __init__(self, old, new):
        self.old, self.new = old, new
        self.value = self.from_log(log(new.value) - log(old.value))

    @staticmethod
    def from_log(ratio):
        return (math.exp(ratio) - 1) * 100 if ratio < 700 else ratio

    def bounds(self, level):
        o, n = log(self.old.value), log(self.new.value)
        (ol, oh), (nl, nh) = (
            [log(bound) for bound in side.bounds(level)] for side in (self.old, self.new)
        )
        if math.isfinite(o) and math.isfinite(n):
            low = n - o - math.sqrt((n - nl) ** 2 + (oh - o) ** 2)
            high = n - o + math.sqrt((nh - n) ** 2 + (o - ol) ** 2)
        else:
            low, high = nl - oh, nh - ol
        return (
            -100.0 if math.isnan(low) else self.from_log(low),
            math.inf if math.isnan(high) else self.from_log(high),
        )


# --- what the windows show ---------------------------------------------------------------------


@contextmanager
def errors_naming(path):
    """Turn the errors that a missing or damaged file causes into one that names the file."""
    try:
        yield
    except FileNotFoundError:
        raise UnreadableError(f"{path} is missing.") from None
    except OSError as error:
        why = error.strerror or str(error).splitlines()[0]
        raise UnreadableError(f"{path} cannot be read: {why}.") from None
    except KeyError as error:
        raise UnreadableError(f"{path} has no {error}.") from None
    except (ValueError, TypeError, RecursionError) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise UnreadableError(f"{path} cannot be read: {why}.") from None


def parsed(path, parse):
    with errors_naming(path):
        return parse(path.read_text(encoding="utf-8"))


def tables_of(run):
    """Return the tables of a run by name; each has at least the columns in COLUMNS."""
    if not run.is_dir():
        raise UnreadableError(f"{run} is no folder.")
    names = {path.stem for path in (run / "raw").glob("*.parquet")} | set(COLUMNS)
    tables = {}
    for name in sorted(names):
        path = run / "raw" / f"{name}.parquet"
        with errors_naming(path):
            tables[name] = pd.read_parquet(path)
        for column in COLUMNS.get(name, ()):
            if column not in tables[name]:
                raise UnreadableError(f"{path} has no column {column!r}.")
    return tables


class Raw:
    """The tables of a run, and which of its windows are valid."""

    def __init__(self, run):
        tables = tables_of(run)
        sessions = tables["sessions"].set_index("session")
        if "arm" not in sessions:
            sessions["arm"] = ""
        self.rounds = sessions["repeat"].to_dict()
        self.sides = {}
        self.found_deliveries = {}
        self.tables = {
            name: dict(list(table.groupby("session")))
            for name, table in tables.items()
            if "session" in table
        }
        self.empty_tables = {name: table.iloc[:0] for name, table in tables.items()}
        self.probes = tables["probes"].join(sessions[["server"]], on="session")
        self.windows = tables["windows"].join(
            sessions[["server", "transport", "repeat", "arm"]], on="session"
        )
        published = parsed(run / "results.json", json.loads)
        with errors_naming(run / "results.json"):
            self.published = {one["id"]: one for one in published["claims"]}
            # The time that the transport itself needs, plus 1 s: a constant, not a measurement.
            self.limits_ms = {one["server"]: one["limit_ms"] for one in published["capacity"]}
            self.windows["valid"] = [one["valid"] for one in published["runs"]]
            self.windows["usage"] = [not one["usage_refused_because"] for one in published["runs"]]
            scenarios = [one["scenario"] for one in published["runs"]]
        if scenarios != list(self.windows["scenario"]):
            raise UnreadableError(f"{run / 'results.json'} is of another run than the tables.")

    def side(self, claim, server, arm=None):
        """Return the data of one server for a claim; it is computed only once."""
        key = claim["metric"], claim["statistic"], server, arm
        if key not in self.sides:
            self.sides[key] = Side(self, claim, server, arm)
        return self.sides[key]

    def rows_of(self, name, window):
        """Return the rows of a table that belong to the session of a window."""
        return self.tables[name].get(window.session, self.empty_tables[name])

    def offered(self, capability, server):
        """Return the set of the answers of a server's probes."""
        rows = self.probes[self.probes["capability"] == capability]
        return set(rows[rows["server"] == server]["offered"])

    def was_measured(self, claim, server):
        """Return whether there is anything about a server that a claim is about."""
        if claim["criteria"][0]["of"] == "offered":
            return bool(self.offered(claim["metric"], server))
        return bool(self.windows_of(server, scenario_of(claim["metric"])))

    def windows_of(self, server, scenario, arm=None):
        """Return all windows of a server in a scenario, valid or not."""
        rows = self.windows
        phases = {"http": "full", "delivery": "loaded"}
        rows = rows[
            (rows["server"] == server)
            & (rows["scenario"] == scenario)
            & (True if arm is None else rows["arm"] == arm)
        ]
        if scenario in phases:
            rows = rows[rows["phase"] == phases[scenario]]
        return list(rows.itertuples())

    def valid_windows(self, server, scenario, arm=None):
        return [one for one in self.windows_of(server, scenario, arm) if one.valid]

    def deliveries(self, window, kind="message"):
        """Return the latencies in ms, the number of lost deliveries, and of unacknowledged sends.

        The latency of a lost delivery is infinite. What was never sent counts as unacknowledged.
        Only messages are acknowledged. Each window is read once, because several claims need it.
        """
        key = window.Index, kind
        if key not in self.found_deliveries:
            self.found_deliveries[key] = self.read_deliveries(window, kind)
        return self.found_deliveries[key]

    def read_deliveries(self, window, kind):
        """Return what ``deliveries`` returns, from the tables."""
        sent = self.rows_of("sent", window)
        intended = sent[
            (sent["kind"] == kind) & sent["intended_ns"].between(window.start_ns, window.end_ns - 1)
        ]
        really_sent = intended[intended["sent_ns"] != NEVER]
        acked = really_sent
        if kind == "message":
            in_time = (really_sent["acked_ns"] != NEVER) & (
                really_sent["acked_ns"] <= window.deadline_ns
            )
            acked = really_sent[in_time]
        arrivals = self.rows_of("received", window).merge(acked, on="ref")
        arrivals = arrivals[arrivals["received_ns"] <= window.deadline_ns]
        arrivals = arrivals.drop_duplicates(["ref", "recipient"])
        # Do not count a sender's own message, nor one of a room in which its recipient does not
        # write.
        room = sent.drop_duplicates("sender").set_index("sender")["conversation"]
        room_of_recipient = arrivals["recipient"].map(room)
        arrivals = arrivals[
            (arrivals["recipient"] != arrivals["sender"])
            & (room_of_recipient.isna() | (room_of_recipient == arrivals["conversation"]))
        ]
        arrivals = arrivals[arrivals.groupby("ref").cumcount() < window.room_size - 1]
        expected = len(really_sent) * (window.room_size - 1)
        times = (arrivals["received_ns"] - arrivals["intended_ns"]).to_numpy() / 1e6
        lost = expected - len(times)
        return np.concatenate([times, np.full(lost, np.inf)]), lost, len(intended) - len(acked)

    def operations(self, window):
        """Return the number of operations in a window, and how many of them failed."""
        rows = self.rows_of("operations", window)
        rows = rows[rows["start_ns"].between(window.start_ns, window.end_ns - 1)]
        return len(rows), int((~rows["ok"].astype(bool)).sum())

    def cpu_seconds(self, window):
        total = 0.0
        for role, rows in self.rows_of("resources", window).groupby("role"):
            if role != "conductor":
                edges = np.interp([window.start_ns, window.end_ns], rows["at_ns"], rows["cpu_ns"])
                total += (edges[1] - edges[0]) / 1e9
        return total

    def memory_mib(self, window):
        total = 0.0
        for role, rows in self.rows_of("resources", window).groupby("role"):
            if role != "conductor":
                inside = rows[rows["at_ns"].between(window.start_ns, window.end_ns - 1)]
                edges = [window.start_ns, window.end_ns]
                between = np.interp(edges, rows["at_ns"], rows["pss_bytes"])
                total += (inside["pss_bytes"].mean() if len(inside) else between.mean()) / 2**20
        return total

    def has_died(self, window):
        """Return whether a process of the server ended by itself before the end of a window."""
        rows = self.rows_of("operations", window)
        return bool(((rows["kind"] == "process") & (rows["start_ns"] < window.end_ns)).any())

    def is_saturated(self, window):
        """Return whether the rate in a window is a measurement, not only a lower bound."""
        if not len(rows := self.rows_of("processors", window)):
            return True
        if self.has_died(window):
            return True
        cpus = rows[rows["side"] == "server"]["cpu"].nunique()
        seconds = (window.end_ns - window.start_ns) / 1e9
        return self.cpu_seconds(window) >= 0.9 * seconds * cpus


def scenario_of(metric):
    """Return the scenario in whose windows a metric is measured."""
    others = {"typing": "typing", "throughput": "http", "capacity": "capacity"}
    return others.get(metric, "delivery")


def by_start(windows):
    starts = defaultdict(list)
    for window in windows:
        starts[window.session].append(window)
    return starts


class Side:
    """The data of one server for one claim: its quantity, shares later than a time, its starts."""

    def __init__(self, raw, claim, server, arm=None):
        self.raw, self.metric, self.statistic = raw, claim["metric"], claim["statistic"]
        self.server, self.arm = server, arm
        self.brackets, self.starts, self.variance = {}, [], None
        if self.metric in LATENCIES:
            self._read_latencies(server)
        elif self.metric == "errors":
            self._read_failures(server)
        elif self.metric in PER_START:
            self._read_usage(server)
        elif self.metric == "throughput":
            self._read_throughput(server)
        elif self.metric == "capacity":
            self._read_capacity(server)
        if self.brackets:
            self.starts = list(self.brackets)

    def _read_latencies(self, server):
        found = self.raw.valid_windows(server, self.metric, self.arm)
        times = [self.raw.deliveries(one, LATENCIES[self.metric])[0] for one in found]
        kept = [index for index, one in enumerate(times) if len(one)]
        self.windows = [times[index] for index in kept]
        self.starts = [found[index].session for index in kept]
        self.cluster_size = max([1, *(found[index].room_size - 1 for index in kept)])

    def _read_failures(self, server):
        found = self.raw.valid_windows(server, "delivery", self.arm)
        counts = [(*self.raw.operations(one), *self.raw.deliveries(one)[:2]) for one in found]
        self.failed = [failed + lost for _, failed, _, lost in counts]
        self.trials = [operations + len(times) for operations, _, times, _ in counts]
        self.starts = [one.session for one in found]

    def _read_usage(self, server):
        found = [one for one in self.raw.valid_windows(server, "delivery", self.arm) if one.usage]
        for start, windows in by_start(found).items():
            memory = np.mean([self.raw.memory_mib(one) for one in windows])
            delivered = sum(np.isfinite(self.raw.deliveries(one)[0]).sum() for one in windows)
            if not delivered:
                continue
            cpu = sum(self.raw.cpu_seconds(one) for one in windows) / delivered * 1000
            values = {"memory": memory, "cpu": cpu, "resources": math.sqrt(memory * cpu * 1000)}
            self.brackets[start] = (values[self.metric],) * 2

    def _read_throughput(self, server):
        for start, windows in by_start(self.raw.valid_windows(server, "http", self.arm)).items():
            answered = 0
            for window in windows:
                rows = self.raw.rows_of("http", window)
                rows = rows[(rows["phase"] == window.phase) & rows["ok"].astype(bool)]
                answered_ns = rows["start_ns"] + rows["duration_ns"]
                answered += answered_ns.between(window.start_ns, window.end_ns - 1).sum()
            seconds = sum((one.end_ns - one.start_ns) / 1e9 for one in windows)
            is_saturated = all(self.raw.is_saturated(one) for one in windows)
            rate = answered / seconds
            if answered:
                self.brackets[start] = (rate, rate if is_saturated else math.inf)
            else:
                self.brackets[start] = (0.0, 1 / seconds)

    def _read_capacity(self, server):
        names = sorted(set(self.raw.windows["server"]))
        self.variance = variance_of_searches(self._searches(name).values() for name in names)
        self.brackets = self._searches(server, self.arm)

    def _searches(self, server, arm=None):
        """Return the bracket of each start's search: most users served, fewest not served."""
        brackets = {}
        for start, steps in by_start(self.raw.valid_windows(server, "capacity", arm)).items():
            served, failed = 0, math.inf
            for step in sorted(steps, key=lambda one: one.users):
                if not self._is_served(step):
                    failed = step.users
                    break
                served = step.users
            if served or math.isfinite(failed):
                brackets[start] = (float(served), float(failed))
        return brackets

    def has_enough_starts(self, least_starts):
        """Return whether there are enough starts for a verdict."""
        is_repeated = self.variance is not None and self.variance[1] >= least_starts
        return len(set(self.starts)) >= (1 if is_repeated else least_starts)

    @property
    def bound(self):
        """Whether the value is "at least" or "at most" what it says, or neither."""
        if self.metric not in ("capacity", "throughput") or not self.brackets:
            return ""
        if any(math.isinf(high) for _low, high in self.brackets.values()):
            return "at least"
        return "" if any(low for low, _high in self.brackets.values()) else "at most"

    def verdict_if_missing(self):
        """Return the verdict of a side without starts: was it not measured, or only invalidly?"""
        windows = self.raw.windows_of(self.server, scenario_of(self.metric), self.arm)
        is_refused = self.metric in PER_START and any(not one.usage for one in windows)
        is_invalid = is_refused or any(not one.valid for one in windows)
        return "invalid" if is_invalid else "inconclusive"

    def _is_served(self, step):
        times, lost, unacknowledged = self.raw.deliveries(step)
        operations, errors = self.raw.operations(step)
        limit = self.raw.limits_ms[step.server]
        p99 = np.sort(times)[math.ceil(round(0.99 * (len(times) - 1), 6))] if len(times) else np.inf
        has_few_errors = errors <= 0.001 * max(1, operations)
        return p99 <= limit and not lost and not unacknowledged and has_few_errors

    def mean_log_by_round(self):
        rounds = defaultdict(list)
        for start, bracket in self.brackets.items():
            rounds[self.raw.rounds[start]].append(mean_of([bracket]).centre)
        return {number: np.mean(logs) for number, logs in rounds.items()}

    def quantity(self):
        if self.metric in LATENCIES:
            at = QUANTILES[self.statistic]
            return Quantile(self.windows, self.starts, at, self.cluster_size)
        if self.metric == "errors":
            return Share(self.failed, self.trials, self.starts, 1)
        return mean_of(list(self.brackets.values()), self.variance)

    def share_later_than(self, milliseconds):
        late = [(times > milliseconds).sum() for times in self.windows]
        return Share(late, [len(times) for times in self.windows], self.starts, self.cluster_size)


# --- verdicts ----------------------------------------------------------------------------------


def outcome(criterion, low, high):
    more_is_better = "at_least" in criterion
    bound = criterion["at_least" if more_is_better else "at_most"]
    if not more_is_better:
        # Change the signs, so that more is always better.
        low, high = -high, -low
    sign = 1 if more_is_better else -1
    if low >= sign * bound:
        beyond = criterion.get("beyond")
        return "exceeded" if beyond is not None and low > sign * beyond else "met"
    if high >= sign * bound:
        zone = criterion.get("zone_at_end") or criterion.get("zone")
        ends = sorted(sign * end for end in zone) if zone else None
        return "at the limit" if ends and ends[0] <= low and high <= ends[1] else "open"
    if criterion["of"] != "change" or sign * bound < 0:
        return "missed"
    if high < 0:
        return "opposite"
    return "falls short" if low >= sign * bound / 2 else "missed"


def outcome_at(criterion, quantity, level):
    """Return the outcome at a level; "exceeded" is decided by the 95 % interval."""
    found = outcome(criterion, *quantity.bounds(level))
    is_met = found in ("met", "exceeded")
    return outcome(criterion, *quantity.bounds(max(level, 0.05))) if is_met else found


def verdict(outcomes):
    """Return the verdict; it is empty if the claim is open.

    ``outcomes`` has a pair for each criterion: what it is about ("of"), and its outcome.
    """
    all_outcomes = {word for _of, word in outcomes}
    without_baseline = {word for of, word in outcomes if of != "baseline"}
    for one, word in (("opposite", "contradicted"), ("falls short", "partly")):
        if one in all_outcomes:
            return word
    if "open" in without_baseline or ("open" in all_outcomes and "missed" not in all_outcomes):
        return ""
    if "missed" in all_outcomes:
        is_part = without_baseline & {"met", "exceeded"} or ("change", "at the limit") in outcomes
        return "partly" if is_part else "not reproduced"
    if "at the limit" in all_outcomes:
        return "at the limit"
    return "exceeded" if all_outcomes == {"exceeded"} else "reproduced"


def verdict_at(claim, quantities, level):
    return verdict(
        [
            (criterion["of"], outcome_at(criterion, quantity, level))
            for criterion, quantity in zip(claim["criteria"], quantities, strict=True)
        ]
    )


def p_value(claim, quantities):
    """Return the smallest level at which there is a verdict, by bisection over the levels."""
    if not verdict_at(claim, quantities, 1.0):
        return 1.0
    low, high = math.log(SMALLEST_LEVEL), 0.0
    if verdict_at(claim, quantities, SMALLEST_LEVEL):
        return SMALLEST_LEVEL
    for _ in range(24):
        middle = (low + high) / 2
        is_decided = verdict_at(claim, quantities, math.exp(middle))
        low, high = (low, middle) if is_decided else (middle, high)
    return math.exp(high)


def change_of(claim, old, new):
    """Return the change between the quantities of two sides."""
    pair = old.quantity(), new.quantity()
    if not isinstance(pair[0], LogEstimate):
        return Ratio(*pair)
    unpaired = change_of_means(*pair)
    if new.metric == "capacity":
        return unpaired
    names = set(old.raw.windows["server"]) - {claim["baseline"], new.server}
    others = [old.raw.side(claim, name).mean_log_by_round() for name in sorted(names)]
    within = change_within_rounds(old.mean_log_by_round(), new.mean_log_by_round(), others)
    return LogEstimate(*within, unpaired.widen_to, is_change=True) if within else unpaired


def quantities_of(claim, old, new):
    quantities = []
    for criterion in claim["criteria"]:
        side = old if criterion["of"] == "baseline" else new
        if criterion["of"] == "change":
            quantities.append(change_of(claim, old, new))
        elif "later_than" in criterion:
            quantities.append(side.share_later_than(criterion["later_than"]))
        else:
            quantities.append(side.quantity())
    return quantities


def is_disturbed(raw, claim, old, new, quantities, level):
    """Return whether the control shows a difference that is too large for a verdict.

    The control compares two groups of starts of the baseline, A against A. Their difference is
    too large if it is at least half as large as the claim's distance to its threshold.
    """
    control = raw.side(claim, claim["baseline"], "control")
    if not control.starts:
        return False
    change = change_of(claim, raw.side(claim, claim["baseline"], ""), control)
    low, high = change.bounds(0.05)
    if math.isnan(change.value) or low <= 0 <= high or change.value <= -100:
        return False
    distances = []
    for criterion, quantity in zip(claim["criteria"], quantities, strict=True):
        ends = [criterion["at_least" if "at_least" in criterion else "at_most"]]
        if outcome(criterion, *quantity.bounds(level)) == "at the limit":
            ends = criterion.get("zone_at_end") or criterion["zone"]
        side = old if criterion["of"] == "baseline" else new
        for end in ends:
            if "later_than" in criterion:
                times = np.sort(np.concatenate(side.windows))
                rank = math.ceil(round((1 - end / 100) * (len(times) - 1), 6))
                pair = times[rank], criterion["later_than"]
            elif criterion["of"] == "change":
                pair = 1 + quantity.value / 100, 1 + end / 100
            else:
                pair = quantity.value, end
            is_usable = min(pair) > 0 and math.isfinite(pair[0])
            distances.append(abs(math.log(pair[0] / pair[1])) if is_usable else math.inf)
    return abs(math.log1p(change.value / 100)) >= min(distances) / 2


def answer_of_probes(raw, claim):
    """Return the answer to a claim about what the servers offer."""
    before, after = (
        raw.offered(claim["metric"], claim[side]) for side in ("baseline", "candidate")
    )
    word = "inconclusive"
    if len(before) == len(after) == 1:
        if_offered = "partly" if before == {True} else "reproduced"
        word = if_offered if after == {True} else "not reproduced"
    if not after:
        return Answer(word, claim["role"])
    offered = float(after.pop())
    return Answer(word, claim["role"], offered, [offered, offered])


class Answer(NamedTuple):
    """What is recomputed of an answer, with the names that its fields have in results.json."""

    verdict: str | None
    role: str
    value: float | None = None
    ci95: list | None = None
    bound: str = ""
    change_percent: float | None = None
    change_ci95: list | None = None
    change_bound: str = ""


def seen(quantity):
    """Return the value of a quantity and its 95 % interval, or nothing for None."""
    return (quantity.value, list(quantity.bounds(0.05))) if quantity else (None, None)


def bound_of_change(old, new):
    """Return whether a change is "at least" or "at most" what it says, or neither."""
    turned = {"at least": "at most", "at most": "at least", "": ""}[old]
    return new or turned if "" in (old, new) or turned == new else ""


def claims_path(run):
    """Return the path of the claims file by which a run was judged."""
    names = ("judged-by.toml", "claims.toml")
    return next((run / name for name in names if (run / name).exists()), CLAIMS)


def recompute(run):
    """Return the run, and the answer for each claim and way of serving."""
    raw = Raw(run)
    path = claims_path(run)
    declared = parsed(path, tomllib.loads)
    with errors_naming(path):
        design, claims = declared["design"], declared["claim"]
    levels = nominal_levels(design["information"], design["level"], design["boundary"])
    rounds = raw.windows["repeat"].max()
    analysis = max([0, *(i for i, number in enumerate(design["looks"]) if number <= rounds)])
    servers = dict.fromkeys([*(claim["candidate"] for claim in claims), *declared["ways"]])
    answers = {(claim["id"], claim["baseline"]): answer_of_baseline(raw, claim) for claim in claims}
    for server in servers:
        # The claims of one way of serving are one family.
        family = [
            claim | {"candidate": server, "role": role}
            for claim in claims
            if (role := role_of(raw, claim, server))
        ]
        found = answers_of_family(raw, family, design["least_starts"], levels[analysis])
        answers |= {(name, server): answer for name, answer in found.items()}
    return raw, answers


def role_of(raw, claim, server):
    """Return the role of a server for a claim; empty if the claim is not answered for it."""
    if server == claim["baseline"]:
        return ""
    if server == claim["candidate"]:
        return "candidate"
    return "comparison" if raw.was_measured(claim, server) else ""


def answer_of_baseline(raw, claim):
    """Return the answer of the baseline, which has no verdict."""
    server = claim["baseline"]
    if claim["criteria"][0]["of"] == "offered":
        offered = raw.offered(claim["metric"], server)
        value = float(offered.pop()) if offered else None
        return Answer(None, "baseline", value, [value, value] if value is not None else None)
    side = raw.side(claim, server)
    return Answer(None, "baseline", *seen(side.quantity() if side.starts else None), side.bound)


def answers_of_family(raw, claims, least_starts, level):
    """Return the answer to each claim, corrected for the number of claims."""
    answers, tested = {}, {}
    for claim in claims:
        name = claim["id"]
        if claim["criteria"][0]["of"] == "offered":
            answers[name] = answer_of_probes(raw, claim)
            continue
        old, new = raw.side(claim, claim["baseline"]), raw.side(claim, claim["candidate"])
        missing = next((side for side in (old, new) if not side.starts), None)
        if missing:
            of_new = seen(new.quantity() if new.starts else None)
            word = missing.verdict_if_missing()
            answers[name] = Answer(word, claim["role"], *of_new, new.bound)
            continue
        quantities = quantities_of(claim, old, new)
        answers[name] = Answer(
            *("inconclusive", claim["role"], *seen(new.quantity()), new.bound),
            *seen(change_of(claim, old, new)),
            bound_of_change(old.bound, new.bound),
        )
        if old.has_enough_starts(least_starts) and new.has_enough_starts(least_starts):
            tested[name] = (p_value(claim, quantities), claim, old, new, quantities)
    # Holm's correction: the smallest p-value first; stop at the first that is too large.
    in_order = sorted(tested.items(), key=lambda one: one[1][0])
    for rank, (name, (p, claim, old, new, quantities)) in enumerate(in_order):
        corrected_level = level / (len(tested) - rank)
        if p > corrected_level:
            break
        if not is_disturbed(raw, claim, old, new, quantities, corrected_level):
            word = verdict_at(claim, quantities, corrected_level)
            answers[name] = answers[name]._replace(verdict=word)
    return answers


def differences(run):
    """Print every answer; return a line for each one that differs from results.json."""
    raw, recomputed = recompute(run)
    with errors_naming(run / "results.json"):
        wrong = compare(recomputed, raw.published)
    for (name, server), answer in sorted(recomputed.items()):
        value = "" if answer.value is None else answer.value
        print(f"{name:18} {server:18} {answer.verdict or '(baseline)':15} {value}")
    return wrong


def compare(recomputed, claims):
    """Return a line for each answer that differs from the one in the published claims."""
    published = {
        (name, answer["server"]): answer
        for name, claim in claims.items()
        for answer in claim["answers"]
    }
    wrong = [f"{name}: {server} is not published" for name, server in recomputed.keys() - published]
    wrong += [
        f"{name}: {server} follows from nothing" for name, server in published.keys() - recomputed
    ]
    for (name, server), answer in sorted(recomputed.items()):
        wrong += differences_of(f"{name}: {server}", answer, published.get((name, server)))
        of_claim = claims.get(name, {}).get("verdict")
        if answer.role == "candidate" and of_claim != answer.verdict:
            wrong.append(f"{name}: {answer.verdict}, published is {of_claim}")
    return wrong


def differences_of(name, answer, published):
    """Return a line for each field of an answer that is published with another value."""
    if published is None:
        return []
    return [
        f"{name} {'' if field in ('verdict', 'value') else f'{field} '}{found}, "
        f"published is {published[field]}"
        for field, found in answer._asdict().items()
        if not is_same(found, published[field])
    ]


def is_same(found, published):
    """Return whether a recomputed field is the published one, but for rounding.

    What is infinite or undefined is published as null.
    """
    if isinstance(found, list) and isinstance(published, list):
        return all(is_same(*pair) for pair in zip(found, published, strict=True))
    if isinstance(found, float):
        if not math.isfinite(found) or published is None:
            return published is None and not math.isfinite(found)
        return math.isclose(found, published, rel_tol=1e-4, abs_tol=1e-4)
    return found == published


def main(arguments):
    if len(arguments) != 1:
        print("usage: python tests/benchmarks/recompute.py RUN", file=sys.stderr)
        return 2
    run = Path(arguments[0])
    try:
        problems = differences(run)
    except UnreadableError as error:
        print(f"recompute: {error}", file=sys.stderr)
        return 2
    if (path := claims_path(run)) == CLAIMS:
        print(f"recompute: {run} has no claims.toml; it is judged by {path}", file=sys.stderr)
    print("\n".join(problems) or FINE)
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
