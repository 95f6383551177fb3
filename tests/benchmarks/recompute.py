"""Recompute every verdict of a run from its Parquet files, sharing no code with benchmarks/.

    python tests/benchmarks/recompute.py reports/sample

Only pandas, numpy and the standard library are used. The formulas are those of
docs/decisions/0019-what-decides-a-claim.md. Which windows count is a matter of the instrument,
not of statistics: it is read from results.json. Status 1 if a verdict or a value differs, 2 if
the run cannot be read.
"""

from __future__ import annotations

import json
import math
import sys
import tomllib
from collections import defaultdict
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

CLAIMS = Path(__file__).parents[2] / "benchmarks" / "claims.toml"
QUANTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
LATENCIES = {"delivery": "message", "typing": "typing"}
PER_START = {"memory", "cpu", "resources"}
NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)
NEVER = -1
TINY_LEVEL = 1e-9
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
"""What is used of each table."""


class UnreadableError(Exception):
    """A file of the run is missing or damaged; the message says which."""


# --- distributions, by numerical integration ---------------------------------------------------


def integral(function, low, high):
    middle, half = (low + high) / 2, (high - low) / 2
    return half * float(WEIGHTS @ function(middle + half * NODES))


def t_p(t, freedom):
    """Return the two-sided p-value of Student's t; x = sqrt(freedom) * tan(angle)."""
    if freedom <= 0:
        return 1.0
    if math.isinf(freedom):
        return math.erfc(abs(t) / math.sqrt(2))
    angle = math.pi / 2 if math.isinf(t) else math.atan(abs(t) / math.sqrt(freedom))
    # Seen from the far end, so that a small tail keeps its digits.
    tail = integral(lambda x: np.sin(x) ** (freedom - 1), 0, math.pi / 2 - angle)
    return tail / integral(lambda x: np.sin(x) ** (freedom - 1), 0, math.pi / 2)


def exp(log):
    """Return e to a power, without end where it is too large for a float."""
    return math.exp(log) if log < 700 else math.inf


def t_critical(level, freedom):
    low, high = 0.0, 1.0
    if freedom <= 0:
        return math.inf
    while t_p(high, freedom) > level:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if t_p(middle, freedom) > level else (low, middle)
    return (low + high) / 2


def f_p(f, above, below):
    """Return the probability of a larger F; below / (below + above * F) = sin(angle) ** 2."""
    angle = 0.0 if math.isinf(f) else math.asin(math.sqrt(below / (below + above * f)))

    def density(x):
        return np.sin(x) ** (below - 1) * np.cos(x) ** (above - 1)

    return integral(density, 0, angle) / integral(density, 0, math.pi / 2)


def pocock_levels(information, level, boundary):
    """Return the nominal level of each look, on an even grid instead of Gauss points."""
    last = information[-1]
    shape = [1.0 if boundary == "pocock" else math.sqrt(last / t) for t in information]

    def errs(constant):
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
        low, high = (middle, high) if errs(middle) > level else (low, middle)
    return [math.erfc(high * one / math.sqrt(2)) for one in shape]


# --- quantities: each has a value and, at every level, an interval ------------------------------


def share_of(failed, of, starts, together):
    """Return the share, the effective number of trials, and the degrees of freedom."""
    y, n = np.array(failed, float), np.array(of, float)
    p, windows = y.sum() / n.sum(), len(y)
    freedom, variance = windows - 1, 0.0
    if windows > 1:
        rest = y - p * n
        variance = windows / (windows - 1) * (rest**2).sum()
        by_start = pd.Series(rest).groupby(np.array(starts))
        totals, sizes = by_start.sum(), by_start.size()
        count = len(totals)
        if 1 < count < windows:
            between = (totals**2 / sizes).sum() / (count - 1)
            within = ((rest - by_start.transform("mean")) ** 2).sum() / (windows - count)
            f = between / within if within > 0 else math.inf if between > 0 else 0.0
            of_starts = count / (count - 1) * (totals**2).sum()
            if f_p(f, count - 1, windows - count) < 0.1 and of_starts > variance:
                variance, freedom = of_starts, count - 1
    binomial = p * (1 - p) * n.sum()
    if not binomial and windows > 1:
        freedom = math.inf
    effect = max(together, variance / binomial) if binomial else together
    return p, n.sum() / effect, freedom


class Share:
    """A share in percent, with the score interval."""

    def __init__(self, failed, of, starts, together):
        self.p, self.n, self.freedom = share_of(failed, of, starts, together)
        self.value = self.p * 100

    def bounds(self, level):
        t = t_critical(level, self.freedom)
        if math.isinf(t):
            return 0.0, 100.0
        p, n = self.p, self.n
        centre = (p + t * t / (2 * n)) / (1 + t * t / n)
        half = t / (1 + t * t / n) * math.sqrt(p * (1 - p) / n + t * t / (4 * n * n))
        return (centre - half if p else 0) * 100, (centre + half if p < 1 else 1) * 100

    def test(self, at):
        return t_p((self.p - at) / math.sqrt(at * (1 - at) / self.n), self.freedom)


class Quantile:
    """A quantile; its interval has every time that the share above is compatible with."""

    def __init__(self, windows, starts, at, together):
        self.windows, self.starts, self.together = windows, starts, together
        self.above = 1 - at
        self.all = np.sort(np.concatenate(windows))
        rank = math.ceil(round(at * (len(self.all) - 1), 6))
        self.value = float(self.all[rank])
        self.known = {}

    def later(self, x):
        if x not in self.known:
            counts = [(one > x).sum() for one in self.windows]
            sizes = [len(one) for one in self.windows]
            share = Share(counts, sizes, self.starts, self.together)
            self.known[x] = (share.p, share.test(self.above))
        return self.known[x]

    def bounds(self, level):
        times = self.all[np.isfinite(self.all)]

        def first(holds):
            low, high = 0, len(times)
            while low < high:
                middle = (low + high) // 2
                if holds(*self.later(times[middle])):
                    high = middle
                else:
                    low = middle + 1
            return float(times[low]) if low < len(times) else math.inf

        low = first(lambda p, test: p <= self.above or test > level)
        high = first(lambda p, test: p < self.above and test <= level)
        if len(times) and self.later(np.nextafter(times[0], 0))[1] > level:
            low = 0.0
        return low, high


class OnLogs:
    """A mean of starts on the logarithmic scale, or the change between two, in percent."""

    def __init__(self, centre, error, freedom, edges, is_change=False, pooled=False):
        self.centre, self.error, self.freedom, self.edges = centre, error, freedom, edges
        self.is_change, self.pooled = is_change, pooled
        self.value = self.back(centre)

    def back(self, log):
        return (exp(log) - 1) * 100 if self.is_change else exp(log)

    def bounds(self, level):
        half = t_critical(level, self.freedom) * self.error if self.error else 0.0
        if self.freedom <= 0:
            half = math.inf
        low, high = self.centre - half, self.centre + half
        if self.edges:
            low, high = min(low, self.edges[0]), max(high, self.edges[1])
        return self.back(low), self.back(high)


def is_closed(bracket):
    return bracket[0] > 0 and math.isfinite(bracket[1])


def variance_of_searches(servers):
    """Return the pooled variance of closed brackets within servers, and its freedom."""
    squares, freedom, widths = 0.0, 0, []
    for brackets in servers:
        closed = np.log([one for one in brackets if is_closed(one)])
        if len(closed):
            middles = closed.mean(axis=1)
            squares += ((middles - middles.mean()) ** 2).sum()
            freedom += len(closed) - 1
            widths += list(closed[:, 1] - closed[:, 0])
    if not freedom:
        return None
    return max(squares / freedom, np.square(widths).mean() / 12), freedom


def mean_of(brackets, variance=None):
    """Return the mean of starts that are each known to lie within [low, high)."""
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
    wide = [one for one in brackets if not is_closed(one)]
    edges = None
    if wide:
        low, high = min(low for low, _ in wide), max(high for _, high in wide)
        edges = (math.log(low) if low else -math.inf, math.log(high))
    return OnLogs(logs.mean(), error, freedom, edges, pooled=bool(variance))


def change_of_means(old, new):
    a, b = old.error**2, new.error**2
    freedom = min(old.freedom, new.freedom)
    if freedom and a + b and not (old.pooled and new.pooled):
        freedom = (a + b) ** 2 / (a * a / old.freedom + b * b / new.freedom)
    edges = None
    if old.edges or new.edges:
        before = old.edges or (old.centre, old.centre)
        after = new.edges or (new.centre, new.centre)
        edges = (after[0] - before[1], after[1] - before[0])
    return OnLogs(new.centre - old.centre, math.sqrt(a + b), freedom, edges, is_change=True)


def change_within_rounds(old, new, others):
    """Return the centre, error and freedom of the change; None if no two rounds have both."""

    def differences(side):
        return np.array([side[one] - old[one] for one in sorted(old.keys() & side.keys())])

    own = differences(new)
    n = len(own)
    if n < 2:
        return None
    priors = []
    for one in (own, *map(differences, others)):
        freedom = len(one) - 1
        if freedom > 0:
            priors.append(one.var(ddof=1) / (1 - 2 / (9 * freedom)) ** 3)
    variance, freedom = own.var(ddof=1), n - 1
    if len(priors) >= 3:
        variance = (freedom * variance + 3 * np.median(priors)) / (freedom + 3)
        freedom += 3
    return own.mean(), math.sqrt(variance / n), freedom


class Ratio:
    """The change between two quantities in percent, from the intervals of both."""

    def __init__(self, old, new):
        self.old, self.new = old, new
        self.value = self.back(log(new.value) - log(old.value))

    @staticmethod
    def back(ratio):
        return (math.exp(ratio) - 1) * 100 if ratio < 700 else ratio

    def bounds(self, level):
        o, n = log(self.old.value), log(self.new.value)
        (ol, oh), (nl, nh) = (
            [log(one) for one in side.bounds(level)] for side in (self.old, self.new)
        )
        if math.isfinite(o) and math.isfinite(n):
            low = n - o - math.sqrt((n - nl) ** 2 + (oh - o) ** 2)
            high = n - o + math.sqrt((nh - n) ** 2 + (o - ol) ** 2)
        else:
            low, high = nl - oh, nh - ol
        return (
            -100.0 if math.isnan(low) else self.back(low),
            math.inf if math.isnan(high) else self.back(high),
        )


def log(value):
    return math.log(value) if value > 1e-6 else -math.inf


# --- what the windows show ---------------------------------------------------------------------


@contextmanager
def named(path):
    """Raise an error that names the file, for whatever is wrong with it."""
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
    with named(path):
        return parse(path.read_text(encoding="utf-8"))


def tables_of(run):
    """Return the tables of a run by name, each with the columns that are used here."""
    if not run.is_dir():
        raise UnreadableError(f"{run} is no folder.")
    names = {one.stem for one in (run / "raw").glob("*.parquet")} | set(COLUMNS)
    read = {}
    for name in sorted(names):
        path = run / "raw" / f"{name}.parquet"
        with named(path):
            read[name] = pd.read_parquet(path)
        for column in COLUMNS.get(name, ()):
            if column not in read[name]:
                raise UnreadableError(f"{path} has no column {column!r}.")
    return read


class Raw:
    """The tables of a run, and which of its windows count."""

    def __init__(self, run):
        read = tables_of(run)
        sessions = read["sessions"].set_index("session")
        if "arm" not in sessions:
            sessions["arm"] = ""
        self.rounds = sessions["repeat"].to_dict()
        self.sides = {}
        self.tables = {
            name: dict(list(table.groupby("session")))
            for name, table in read.items()
            if "session" in table
        }
        self.columns = {name: table.iloc[:0] for name, table in read.items()}
        self.probes = read["probes"].join(sessions[["server"]], on="session")
        self.windows = read["windows"].join(
            sessions[["server", "transport", "repeat", "arm"]], on="session"
        )
        published = parsed(run / "results.json", json.loads)
        with named(run / "results.json"):
            self.published = {one["id"]: one for one in published["claims"]}
            # What a transport takes by itself, and 1 s: a constant of each, not a measurement.
            self.limits_ms = {one["server"]: one["limit_ms"] for one in published["capacity"]}
            self.windows["valid"] = [one["valid"] for one in published["runs"]]
            self.windows["usage"] = [not one["usage_refused_because"] for one in published["runs"]]
            scenarios = [one["scenario"] for one in published["runs"]]
        if scenarios != list(self.windows["scenario"]):
            raise UnreadableError(f"{run / 'results.json'} is of another run than the tables.")

    def side(self, claim, server, arm=None):
        """Return what one server has for a claim, read once."""
        key = claim["metric"], claim["statistic"], server, arm
        if key not in self.sides:
            self.sides[key] = Side(self, claim, server, arm)
        return self.sides[key]

    def of(self, name, window):
        return self.tables[name].get(window.session, self.columns[name])

    def select(self, server, scenario, arm=None):
        rows = self.windows
        phases = {"http": "full", "delivery": "loaded"}
        rows = rows[
            (rows["server"] == server)
            & (rows["scenario"] == scenario)
            & (True if arm is None else rows["arm"] == arm)
            & rows["valid"]
        ]
        if scenario in phases:
            rows = rows[rows["phase"] == phases[scenario]]
        return list(rows.itertuples())

    def deliveries(self, window, kind="message"):
        """Return latencies in ms, inf where one never came, and how many were acknowledged."""
        sent = self.of("sent", window)
        due = sent[
            (sent["kind"] == kind) & sent["intended_ns"].between(window.start_ns, window.end_ns - 1)
        ]
        left = due[due["sent_ns"] != NEVER]
        acked = left
        if kind == "message":
            in_time = (left["acked_ns"] != NEVER) & (left["acked_ns"] <= window.deadline_ns)
            acked = left[in_time]
        arrivals = self.of("received", window).merge(acked, on="ref")
        arrivals = arrivals[arrivals["received_ns"] <= window.deadline_ns]
        arrivals = arrivals.drop_duplicates(["ref", "recipient"])
        # Nobody receives their own message, nor one of a room that they do not write in.
        room = sent.drop_duplicates("sender").set_index("sender")["conversation"]
        home = arrivals["recipient"].map(room)
        arrivals = arrivals[
            (arrivals["recipient"] != arrivals["sender"])
            & (home.isna() | (home == arrivals["conversation"]))
        ]
        arrivals = arrivals[arrivals.groupby("ref").cumcount() < window.room_size - 1]
        expected = len(left) * (window.room_size - 1)
        times = (arrivals["received_ns"] - arrivals["intended_ns"]).to_numpy() / 1e6
        lost = expected - len(times)
        return np.concatenate([times, np.full(lost, np.inf)]), lost, len(due) - len(acked)

    def operations(self, window):
        rows = self.of("operations", window)
        rows = rows[rows["start_ns"].between(window.start_ns, window.end_ns - 1)]
        return len(rows), int((~rows["ok"].astype(bool)).sum())

    def cpu_seconds(self, window):
        total = 0.0
        for role, rows in self.of("resources", window).groupby("role"):
            if role != "conductor":
                edges = np.interp([window.start_ns, window.end_ns], rows["at_ns"], rows["cpu_ns"])
                total += (edges[1] - edges[0]) / 1e9
        return total

    def memory_mib(self, window):
        total = 0.0
        for role, rows in self.of("resources", window).groupby("role"):
            if role != "conductor":
                inside = rows[rows["at_ns"].between(window.start_ns, window.end_ns - 1)]
                edges = [window.start_ns, window.end_ns]
                between = np.interp(edges, rows["at_ns"], rows["pss_bytes"])
                total += (inside["pss_bytes"].mean() if len(inside) else between.mean()) / 2**20
        return total

    def has_died(self, window):
        rows = self.of("operations", window)
        return bool(((rows["kind"] == "process") & (rows["start_ns"] < window.end_ns)).any())

    def is_saturated(self, window):
        if not len(rows := self.of("processors", window)):
            return True
        if self.has_died(window):
            return True
        cpus = rows[rows["side"] == "server"]["cpu"].nunique()
        seconds = (window.end_ns - window.start_ns) / 1e9
        return self.cpu_seconds(window) >= 0.9 * seconds * cpus


def by_start(windows):
    starts = defaultdict(list)
    for window in windows:
        starts[window.session].append(window)
    return starts


class Side:
    """What one server has for a claim: its quantity, shares later than a time, and its starts."""

    def __init__(self, raw, claim, server, arm=None):
        self.raw, self.metric, self.statistic = raw, claim["metric"], claim["statistic"]
        self.server, self.arm = server, arm
        self.brackets, self.starts, self.variance = {}, [], None
        if self.metric in LATENCIES:
            self._latencies(server)
        elif self.metric == "errors":
            self._failures(server)
        elif self.metric in PER_START:
            self._use(server)
        elif self.metric == "throughput":
            self._throughput(server)
        elif self.metric == "capacity":
            self._capacity(server)
        if self.brackets:
            self.starts = list(self.brackets)

    def _latencies(self, server):
        found = self.raw.select(server, self.metric, self.arm)
        times = [self.raw.deliveries(one, LATENCIES[self.metric])[0] for one in found]
        kept = [index for index, one in enumerate(times) if len(one)]
        self.windows = [times[index] for index in kept]
        self.starts = [found[index].session for index in kept]
        self.together = max([1, *(found[index].room_size - 1 for index in kept)])

    def _failures(self, server):
        found = self.raw.select(server, "delivery", self.arm)
        counts = [(*self.raw.operations(one), *self.raw.deliveries(one)[:2]) for one in found]
        self.failed = [failed + lost for _, failed, _, lost in counts]
        self.of = [operations + len(times) for operations, _, times, _ in counts]
        self.starts = [one.session for one in found]

    def _use(self, server):
        found = [one for one in self.raw.select(server, "delivery", self.arm) if one.usage]
        for start, windows in by_start(found).items():
            memory = np.mean([self.raw.memory_mib(one) for one in windows])
            delivered = sum(np.isfinite(self.raw.deliveries(one)[0]).sum() for one in windows)
            if not delivered:
                continue
            cpu = sum(self.raw.cpu_seconds(one) for one in windows) / delivered * 1000
            values = {"memory": memory, "cpu": cpu, "resources": math.sqrt(memory * cpu * 1000)}
            self.brackets[start] = (values[self.metric],) * 2

    def _throughput(self, server):
        for start, windows in by_start(self.raw.select(server, "http", self.arm)).items():
            answered = 0
            for window in windows:
                rows = self.raw.of("http", window)
                rows = rows[(rows["phase"] == window.phase) & rows["ok"].astype(bool)]
                answered_ns = rows["start_ns"] + rows["duration_ns"]
                answered += answered_ns.between(window.start_ns, window.end_ns - 1).sum()
            seconds = sum((one.end_ns - one.start_ns) / 1e9 for one in windows)
            saturated = all(self.raw.is_saturated(one) for one in windows)
            rate = answered / seconds
            if answered:
                self.brackets[start] = (rate, rate if saturated else math.inf)
            else:
                self.brackets[start] = (0.0, 1 / seconds)

    def _capacity(self, server):
        names = sorted(set(self.raw.windows["server"]))
        self.variance = variance_of_searches(self._searches(name).values() for name in names)
        self.brackets = self._searches(server, self.arm)

    def _searches(self, server, arm=None):
        brackets = {}
        for start, steps in by_start(self.raw.select(server, "capacity", arm)).items():
            held, failed = 0, math.inf
            for step in sorted(steps, key=lambda one: one.users):
                if not self._holds(step):
                    failed = step.users
                    break
                held = step.users
            if held or math.isfinite(failed):
                brackets[start] = (float(held), float(failed))
        return brackets

    def are_enough(self, least_starts):
        """Return whether a verdict can rest on these starts."""
        repeated = self.variance is not None and self.variance[1] >= least_starts
        return len(set(self.starts)) >= (1 if repeated else least_starts)

    def _holds(self, step):
        times, lost, unacknowledged = self.raw.deliveries(step)
        operations, errors = self.raw.operations(step)
        limit = self.raw.limits_ms[step.server]
        p99 = np.sort(times)[math.ceil(round(0.99 * (len(times) - 1), 6))] if len(times) else np.inf
        few_errors = errors <= 0.001 * max(1, operations)
        return p99 <= limit and not lost and not unacknowledged and few_errors

    def by_round(self):
        rounds = defaultdict(list)
        for start, bracket in self.brackets.items():
            rounds[self.raw.rounds[start]].append(mean_of([bracket]).centre)
        return {number: np.mean(logs) for number, logs in rounds.items()}

    def quantity(self):
        if self.metric in LATENCIES:
            at = QUANTILES[self.statistic]
            return Quantile(self.windows, self.starts, at, self.together)
        if self.metric == "errors":
            return Share(self.failed, self.of, self.starts, 1)
        return mean_of(list(self.brackets.values()), self.variance)

    def later_than(self, milliseconds):
        late = [(one > milliseconds).sum() for one in self.windows]
        return Share(late, [len(one) for one in self.windows], self.starts, self.together)


# --- verdicts ----------------------------------------------------------------------------------


def outcome(criterion, low, high):
    more_is_better = "at_least" in criterion
    bound = criterion["at_least" if more_is_better else "at_most"]
    if not more_is_better:
        # Mirrored, so that more is always better.
        low, high = -high, -low
    sign = 1 if more_is_better else -1
    if low >= sign * bound:
        beyond = criterion.get("beyond")
        return "exceeded" if beyond is not None and low > sign * beyond else "met"
    if high >= sign * bound:
        zone = criterion.get("zone_at_end") or criterion.get("zone")
        ends = sorted(sign * one for one in zone) if zone else None
        return "at the limit" if ends and ends[0] <= low and high <= ends[1] else "open"
    if criterion["of"] != "change":
        return "missed"
    if high < 0:
        return "opposite"
    return "falls short" if low >= sign * bound / 2 else "missed"


def graded(criterion, quantity, level):
    """Return the outcome at a level; whether it is exceeded, from the 95 % interval."""
    found = outcome(criterion, *quantity.bounds(level))
    is_met = found in ("met", "exceeded")
    return outcome(criterion, *quantity.bounds(max(level, 0.05))) if is_met else found


def verdict(found):
    """Return the verdict from what each criterion is of, and how it came out; none if open."""
    seen = {word for _of, word in found}
    brought = {word for of, word in found if of != "baseline"}
    for one, word in (("opposite", "contradicted"), ("falls short", "partly")):
        if one in seen:
            return word
    if "open" in brought or ("open" in seen and "missed" not in seen):
        return ""
    if "missed" in seen:
        is_part = brought & {"met", "exceeded"} or ("change", "at the limit") in found
        return "partly" if is_part else "not reproduced"
    if "at the limit" in seen:
        return "at the limit"
    return "exceeded" if seen == {"exceeded"} else "reproduced"


def verdict_at(claim, quantities, level):
    return verdict(
        [
            (criterion["of"], graded(criterion, quantity, level))
            for criterion, quantity in zip(claim["criteria"], quantities, strict=True)
        ]
    )


def p_value(claim, quantities):
    """Return the smallest level at which there is a verdict, by bisection over the levels."""
    if not verdict_at(claim, quantities, 1.0):
        return 1.0
    low, high = math.log(TINY_LEVEL), 0.0
    if verdict_at(claim, quantities, TINY_LEVEL):
        return TINY_LEVEL
    for _ in range(24):
        middle = (low + high) / 2
        decided = verdict_at(claim, quantities, math.exp(middle))
        low, high = (low, middle) if decided else (middle, high)
    return math.exp(high)


def change_of(claim, old, new):
    """Return the change between the quantities of two sides."""
    pair = old.quantity(), new.quantity()
    if not isinstance(pair[0], OnLogs):
        return Ratio(*pair)
    unpaired = change_of_means(*pair)
    if new.metric == "capacity":
        return unpaired
    names = set(old.raw.windows["server"]) - {claim["baseline"], new.server}
    known = [old.raw.side(claim, one).by_round() for one in sorted(names)]
    within = change_within_rounds(old.by_round(), new.by_round(), known)
    return OnLogs(*within, unpaired.edges, is_change=True) if within else unpaired


def quantities_of(claim, old, new):
    found = []
    for criterion in claim["criteria"]:
        side = old if criterion["of"] == "baseline" else new
        if criterion["of"] == "change":
            found.append(change_of(claim, old, new))
        elif "later_than" in criterion:
            found.append(side.later_than(criterion["later_than"]))
        else:
            found.append(side.quantity())
    return found


def is_disturbed(raw, claim, old, new, quantities, level):
    """Return whether the baseline differs from itself by half of what decides the claim."""
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
            usable = min(pair) > 0 and math.isfinite(pair[0])
            distances.append(abs(math.log(pair[0] / pair[1])) if usable else math.inf)
    return abs(math.log1p(change.value / 100)) >= min(distances) / 2


def offer(raw, claim):
    probes = raw.probes[raw.probes["capability"] == claim["metric"]]
    before, after = (
        set(probes[probes["server"] == claim[side]]["offered"])
        for side in ("baseline", "candidate")
    )
    word = "inconclusive"
    if len(before) == len(after) == 1:
        offered_before = "partly" if before == {True} else "reproduced"
        word = offered_before if after == {True} else "not reproduced"
    return word, float(after.pop()) if after else None


def claims_of(run):
    """Return the file of claims that a run was judged by."""
    own = run / "claims.toml"
    return own if own.exists() else CLAIMS


def recompute(run):
    """Return the run, and the verdict and value of each claim and way of serving."""
    raw = Raw(run)
    path = claims_of(run)
    declared = parsed(path, tomllib.loads)
    with named(path):
        design, claims = declared["design"], declared["claim"]
    levels = pocock_levels(design["information"], design["level"], design["boundary"])
    rounds = raw.windows["repeat"].max()
    look = max([0, *(i for i, one in enumerate(design["looks"]) if one <= rounds)])
    answered = {
        (name, answer["server"])
        for name, published in raw.published.items()
        for answer in published["answers"]
        if answer["role"] != "baseline"
    }
    found = {}
    for server in sorted({server for _name, server in answered}):
        # The claims of one way of serving are one family.
        asked = [
            claim | {"candidate": server} for claim in claims if (claim["id"], server) in answered
        ]
        family = verdicts_of_family(raw, asked, design["least_starts"], levels[look])
        found |= {(name, server): answer for name, answer in family.items()}
    return raw, found


def verdicts_of_family(raw, claims, least_starts, level):
    """Return the verdict and the value of each claim, corrected for their number."""
    found, tested = {}, {}
    for claim in claims:
        name = claim["id"]
        if claim["criteria"][0]["of"] == "offered":
            found[name] = offer(raw, claim)
            continue
        old, new = raw.side(claim, claim["baseline"]), raw.side(claim, claim["candidate"])
        value = new.quantity().value if new.starts else None
        found[name] = ("inconclusive", value)
        if old.are_enough(least_starts) and new.are_enough(least_starts):
            quantities = quantities_of(claim, old, new)
            tested[name] = (p_value(claim, quantities), claim, old, new, quantities)
    # Holm: the smallest p-value first, until one is too large.
    in_order = sorted(tested.items(), key=lambda one: one[1][0])
    for rank, (name, (p, claim, old, new, quantities)) in enumerate(in_order):
        own = level / (len(tested) - rank)
        if p > own:
            break
        if not is_disturbed(raw, claim, old, new, quantities, own):
            found[name] = (verdict_at(claim, quantities, own), found[name][1])
    return found


def differences(run):
    """Return every line in which results.json says something else."""
    raw, found = recompute(run)
    answers = {
        (name, answer["server"]): answer
        for name, published in raw.published.items()
        for answer in published["answers"]
    }
    wrong = []
    for (name, server), (word, value) in sorted(found.items()):
        published = answers[name, server]
        print(f"{name:18} {server:18} {word:15} {value if value is not None else ''}")
        # Without any window that counts a claim is invalid: that is the instrument's matter.
        if word != published["verdict"] and published["verdict"] != "invalid":
            wrong.append(f"{name}: {server} {word}, published is {published['verdict']}")
        said = published["value"]
        finite = value if value is not None and math.isfinite(value) else None
        if (finite is None) != (said is None) or not math.isclose(
            finite or 0, said or 0, rel_tol=1e-5
        ):
            wrong.append(f"{name}: {server} {value}, published is {said}")
    return wrong


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
    if (path := claims_of(run)) == CLAIMS:
        print(f"recompute: {run} has no claims.toml; it is judged by {path}", file=sys.stderr)
    print("\n".join(problems) or "Every verdict follows from the raw data.")
    return int(bool(problems))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
