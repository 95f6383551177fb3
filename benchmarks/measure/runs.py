"""Compute the measurements of each window from the raw tables of a recording."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from benchmarks.measure.capacity import Step
from benchmarks.measure.deliveries import Deliveries, Floats, deliveries
from benchmarks.measure.digest import restore
from benchmarks.measure.health import GeneratorHealth, Integers, health, worst
from benchmarks.measure.processors import MachineLoad, Side, coverage, machine_load, spent
from benchmarks.recording import (
    CONDUCTOR,
    GENERATOR_SIDE,
    GENERATORS_FROM,
    LOCUST_FROM,
    LOCUST_HEALTH,
    NEVER,
    PROCESS,
    PROCESSORS,
    SERVER_SIDE,
    Recording,
    Window,
)

FLAT_OUT = "full"
"""The phase of the http scenario in which every user sends its next request at once."""

STALL_MS = 250.0
SATURATED = 0.9
"""Share of the server's processors from which on the server counts as saturated."""
WITH_DELIVERIES = {
    "client-crosscheck",
    "capacity",
    "delivery",
    "fanout",
    "floor",
    "restart",
    "scale",
    "storing",
    "typing",
}
WITHOUT_STALLS = {"restart", "storing"}
"""Scenarios without a check for stalls, because a message may wait there without one.

It may wait until its sender is connected again, or until the messages before it are handled.
"""


@dataclass(frozen=True)
class Usage:
    """The CPU time and memory that the server and Redis used in a window, by role.

    Memory (PSS) is the mean of its samples. ``coverage`` is the share of the window that was
    sampled, ``ended`` the number of the server's processes that ended in it.
    """

    cpu_seconds: dict[str, float]
    pss_mib: dict[str, float]
    coverage: float = 1.0
    ended: int = 0

    @property
    def total_cpu_seconds(self) -> float:
        """CPU seconds of the server's processes and of Redis."""
        return sum(self.cpu_seconds.values())

    @property
    def total_pss_mib(self) -> float:
        """PSS of the server's processes and of Redis, in MiB."""
        return sum(self.pss_mib.values())


@dataclass(frozen=True)
class Run:
    """The measurements of one window of one scenario on one server.

    ``arm`` is "control" for the second set of starts of the baseline. It is compared with the
    first set: A against A.
    ``away_s`` has one value for each socket that was closed and connected again: how long it
    was disconnected. ``back_s`` is how long after the window's start it was connected again.
    Both are in seconds. ``load`` is None if the processors were not sampled on purpose.
    ``deaths`` describes the server's processes that ended by themselves before the window's end.
    """

    server: str
    transport: str
    repeat: int
    window: Window
    usage: Usage
    health: GeneratorHealth
    operations: int
    errors: Counter[str]
    deliveries: Deliveries | None = None
    requests: dict[str, Floats] = field(default_factory=dict)
    failed_requests: int = 0
    away_s: Floats = field(default_factory=lambda: np.array([]))
    back_s: Floats = field(default_factory=lambda: np.array([]))
    load: MachineLoad | None = None
    arm: str = ""
    deaths: tuple[str, ...] = ()

    @property
    def start(self) -> int:
        """The server start that the window belongs to: the number of its session."""
        return self.window.session

    @property
    def seconds(self) -> float:
        """The length of the window."""
        return self.window.seconds

    @property
    def server_share(self) -> float | None:
        """The share of the server's processors that server and Redis used, if it is known."""
        side = self._find_side(SERVER_SIDE)
        return side.share_used(self.seconds) if side else None

    @property
    def is_lower_bound(self) -> bool:
        """Whether the throughput is only a lower bound, because the server was not saturated.

        It is not a lower bound if a process of the server has died: then the server did all
        that it could.
        """
        share = self.server_share
        return not self.deaths and share is not None and share < SATURATED

    def _find_side(self, name: str) -> Side | None:
        sides = self.load.sides if self.load else ()
        return next((side for side in sides if side.name == name), None)

    @property
    def faults(self) -> list[str]:
        """Descriptions of what went wrong with deliveries."""
        counts = self.deliveries
        if counts is None:
            return []
        faults = []
        if counts.lost:
            faults.append(f"{counts.lost} of {counts.expected} deliveries lost or late")
        if counts.duplicated:
            faults.append(f"{counts.duplicated} deliveries duplicated")
        if counts.reordered:
            faults.append(f"{counts.reordered} deliveries out of order")
        if counts.unacknowledged:
            faults.append(f"{counts.unacknowledged} of {counts.sent} messages not acknowledged")
        has_push = self.transport == "websocket" and self.window.scenario not in WITHOUT_STALLS
        stall_ms = counts.slowest_first_ms
        if has_push and stall_ms > STALL_MS:
            faults.append(f"server stalled: nobody was reached for {stall_ms:.0f} ms")
        return faults

    @property
    def step(self) -> Step:
        """This window as a step of the capacity search."""
        counts = self.deliveries
        assert counts is not None
        return Step(
            users=self.window.users,
            latencies_ms=counts.latencies_ms,
            operations=self.operations,
            errors=sum(self.errors.values()),
            unacknowledged=counts.unacknowledged + counts.unsent,
            first_error=next(iter(self.errors), ""),
        )


def runs(recording: Recording, recorded_without: Collection[str] = ()) -> list[Run]:
    """Return the measurements of every window of a recording.

    ``recorded_without`` names the checks that the recording has no data for on purpose
    (recording.CHECKS).
    """
    tables = _Tables(recording)
    return [
        _measure(
            tables, Window(**{str(key): value for key, value in row.items()}), recorded_without
        )
        for row in recording.frame("windows").to_dict("records")
    ]


class _Tables:
    """The raw tables by session, and the digests by window."""

    def __init__(self, recording: Recording) -> None:
        names = ("sent", "received", "operations", "health", "resources", "processors", "http")
        frames = {name: recording.frame(name) for name in names}
        self._empty = {name: frame.iloc[:0] for name, frame in frames.items()}
        self._by_session = {
            name: dict(list(frame.groupby("session"))) for name, frame in frames.items()
        }
        self._digests = {
            (row["session"], row["start_ns"]): row
            for row in recording.frame("digests").to_dict("records")
        }
        self._histograms = dict(
            list(recording.frame("histograms").groupby(["session", "start_ns"]))
        )
        self._empty_histogram = recording.frame("histograms").iloc[:0]
        self.sessions = {
            row["session"]: row for row in recording.frame("sessions").to_dict("records")
        }

    def select(self, name: str, window: Window) -> pd.DataFrame:
        """Return the rows of a table that belong to the session of a window."""
        return self._by_session[name].get(window.session, self._empty[name])

    def read_deliveries(self, window: Window) -> Deliveries | None:
        """Return the deliveries of a window; None if its scenario measures no deliveries."""
        key = (window.session, window.start_ns)
        if key in self._digests:
            return restore(self._digests[key], self._histograms.get(key, self._empty_histogram))
        if window.scenario not in WITH_DELIVERIES:
            return None
        kind = "typing" if window.scenario == "typing" else "message"
        sent, received = self.select("sent", window), self.select("received", window)
        return deliveries(sent, received, window, kind)


def _measure(tables: _Tables, window: Window, recorded_without: Collection[str]) -> Run:
    session = tables.sessions[window.session]
    delivered = tables.read_deliveries(window)
    operations = tables.select("operations", window)
    ended = operations[operations["kind"] == PROCESS]
    operations = _select_within(operations, "start_ns", window)
    failed = operations[~operations["ok"].astype(bool)]
    returned = operations[operations["kind"] == "return"]
    http = tables.select("http", window)
    http = http[(http["phase"] == window.phase) & (window.scenario == "http")]
    http = _select_within(http.assign(at_ns=_find_times(http, window)), "at_ns", window)
    answered = http[http["ok"].astype(bool)]
    took = answered["start_ns"] - answered["intended_ns"] + answered["duration_ns"]
    usage = _measure_usage(tables.select("resources", window), window)
    load = None
    if PROCESSORS not in recorded_without:
        used = {
            SERVER_SIDE: usage.total_cpu_seconds,
            GENERATOR_SIDE: _measure_generator_cpu(tables, window),
        }
        load = machine_load(tables.select("processors", window), used, window)
    return Run(
        server=session["server"],
        transport=session["transport"],
        repeat=int(session["repeat"]),
        window=window,
        usage=usage,
        health=_measure_health(tables, window, delivered, http, recorded_without),
        operations=len(operations) + len(http),
        errors=Counter(failed["kind"] + ": " + failed["detail"]),
        deliveries=delivered,
        requests={
            str(name): rows.to_numpy(dtype=np.float64) / 1e6
            for name, rows in took.groupby(answered["name"])
        },
        failed_requests=len(http) - len(answered),
        away_s=returned["duration_ns"].to_numpy(dtype=np.float64) / 1e9,
        back_s=(returned["start_ns"] + returned["duration_ns"] - window.start_ns).to_numpy(
            dtype=np.float64
        )
        / 1e9,
        load=load,
        arm=session.get("arm", ""),
        deaths=tuple(ended[ended["start_ns"] < window.end_ns]["detail"]),
    )


def _find_times(http: pd.DataFrame, window: Window) -> pd.Series[int]:
    """Return the time by which each request is assigned to a window.

    It is the intended time, but in the full-load phase the time of the answer: a request that
    is not answered at the end of the window is no work that the server has done in it.
    """
    if window.phase != FLAT_OUT:
        return http["intended_ns"]
    answered = http["start_ns"] + http["duration_ns"]
    return answered.where(http["ok"].astype(bool), http["intended_ns"])


def _select_within(rows: pd.DataFrame, column: str, window: Window) -> pd.DataFrame:
    return rows[(rows[column] >= window.start_ns) & (rows[column] < window.end_ns)]


def _measure_usage(resources: pd.DataFrame, window: Window) -> Usage:
    """Return what the server and Redis used; CPU time is interpolated at the window's edges."""
    cpu: dict[str, float] = {}
    pss: dict[str, float] = {}
    ended = 0
    covered = 1.0
    for role, rows in resources[resources["role"] != CONDUCTOR].groupby("role"):
        at = rows["at_ns"].to_numpy()
        cpu[str(role)] = spent(at, rows["cpu_ns"].to_numpy(), window)
        inside = _select_within(rows, "at_ns", window)["pss_bytes"]
        edges = np.interp([window.start_ns, window.end_ns], at, rows["pss_bytes"].to_numpy())
        pss[str(role)] = float((inside if len(inside) else edges).mean()) / 2**20
        covered = min(covered, coverage(at, window))
        if role == "server":
            ended = _count_ended(rows, window)
    return Usage(cpu, pss, covered, ended)


def _count_ended(rows: pd.DataFrame, window: Window) -> int:
    """Return how many processes ended between the samples just before and after a window."""
    at, so_far = rows["at_ns"].to_numpy(), rows["ended"].to_numpy()
    before = max(0, int(np.searchsorted(at, window.start_ns, side="right")) - 1)
    after = min(len(at) - 1, int(np.searchsorted(at, window.end_ns)))
    return int(so_far[after] - so_far[before])


def _measure_generator_cpu(tables: _Tables, window: Window) -> float:
    """Return the CPU seconds of the generators and of the process that drives the run."""
    ticks = _group_ticks(tables.select("health", window)).values()
    resources = tables.select("resources", window)
    conductor = resources[resources["role"] == CONDUCTOR]
    return sum(spent(due + lag, cpu, window) for due, lag, cpu in ticks) + spent(
        conductor["at_ns"].to_numpy(), conductor["cpu_ns"].to_numpy(), window
    )


def _measure_health(
    tables: _Tables,
    window: Window,
    delivered: Deliveries | None,
    http: pd.DataFrame,
    recorded_without: Collection[str],
) -> GeneratorHealth:
    """Return the health of the generators that drove a window: Locust's, or the chat's."""
    is_http = window.scenario == "http"
    if is_http:
        slip_ms = _compute_request_slip(http)
    else:
        slip_ms = delivered.slip_ms if delivered else np.array([])
    slip = float(np.quantile(slip_ms, 0.99)) if len(slip_ms) else 0.0
    if is_http and LOCUST_HEALTH in recorded_without:
        return GeneratorHealth(0.0, 0.0, slip)
    ticks = _group_ticks(tables.select("health", window))
    if is_http:
        numbers = {number for number in ticks if number >= LOCUST_FROM} or {LOCUST_FROM}
    else:
        # The number of the generator is a part of each ref (generator.py).
        senders = np.unique(tables.select("sent", window)["ref"].to_numpy() >> 40 & 0xFF)
        numbers = {number for number in ticks if number < LOCUST_FROM} | {*map(int, senders)}
        numbers = numbers or {GENERATORS_FROM}
    nothing = np.array([], dtype=np.int64)
    return worst(
        health(
            number,
            ticks.get(number, (nothing, nothing, nothing)),
            (window.start_ns, window.end_ns),
            slip,
        )
        for number in sorted(numbers)
    )


def _group_ticks(rows: pd.DataFrame) -> dict[int, tuple[Integers, Integers, Integers]]:
    """Return the ticks by generator: their scheduled times, their lags, the CPU time then."""
    by_generator = {}
    for number in rows["generator"].unique().tolist():
        ticks = rows[rows["generator"] == number]
        by_generator[number] = (
            ticks["at_ns"].to_numpy(),
            ticks["lag_ns"].to_numpy(),
            ticks["cpu_ns"].to_numpy(),
        )
    return by_generator


def _compute_request_slip(http: pd.DataFrame) -> Floats:
    """Return how late the generator began each request, in ms.

    It counts from the intended time, or from when a user was free if that was later: while all
    users wait for answers, the server makes a request late, not the generator.
    """
    begun = http[http["start_ns"] != NEVER]
    ready = np.maximum(begun["intended_ns"], begun["free_ns"])
    return np.asarray(begun["start_ns"] - ready, dtype=np.float64) / 1e6
