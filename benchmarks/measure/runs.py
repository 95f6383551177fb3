"""From raw tables to what each window shows: the numbers of one run of one scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from benchmarks.measure.capacity import Step
from benchmarks.measure.deliveries import Deliveries, Floats, deliveries
from benchmarks.measure.digest import restored
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
"""The phase of the http scenario in which every user asks again at once."""

STALL_MS = 250.0
SATURATED = 0.9
"""Share of the server's processors, from which on a server is taken to do all that it can."""
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
"""Scenarios in which a message may wait for its writer to return, or for those before it."""


@dataclass(frozen=True)
class Usage:
    """What the server side used in a window; memory is the mean of its samples.

    ``coverage`` is the share of the window that was sampled, ``ended`` how many of the server's
    processes ended in it.
    """

    cpu_seconds: dict[str, float]
    pss_mib: dict[str, float]
    coverage: float = 1.0
    ended: int = 0

    @property
    def total_cpu_seconds(self) -> float:
        """CPU seconds of the server's processes and Redis."""
        return sum(self.cpu_seconds.values())

    @property
    def total_pss_mib(self) -> float:
        """PSS of the server's processes and Redis."""
        return sum(self.pss_mib.values())


@dataclass(frozen=True)
class Run:
    """One window of one scenario on one server, as measured.

    ``arm`` is "control" for the second set of starts of the baseline, which the first is
    compared with: A against A.
    ``away_s`` has, of each socket that was closed and came back, how long it was away, and
    ``back_s`` how long after the window's start it was back: both in seconds. ``load`` is None
    where the processors were not to be sampled. ``deaths`` has the server's processes that had
    ended by themselves before the window's end, and how.
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
        """The start of the server that the window belongs to: its session's number."""
        return self.window.session

    @property
    def seconds(self) -> float:
        """How long the window was."""
        return self.window.seconds

    @property
    def server_share(self) -> float | None:
        """The share of the server's processors that server and Redis used, if it is known."""
        side = self._side(SERVER_SIDE)
        return side.share_used(self.seconds) if side else None

    @property
    def is_lower_bound(self) -> bool:
        """Whether the server could have done more: it was not saturated.

        What it did as fast as it was asked to is then "at least" so much. A server of which a
        process has died did all that it could.
        """
        share = self.server_share
        return not self.deaths and share is not None and share < SATURATED

    def _side(self, name: str) -> Side | None:
        sides = self.load.sides if self.load else ()
        return next((side for side in sides if side.name == name), None)

    @property
    def faults(self) -> list[str]:
        """What went wrong with deliveries, named."""
        seen = self.deliveries
        if seen is None:
            return []
        faults = []
        if seen.lost:
            faults.append(f"{seen.lost} of {seen.expected} deliveries lost or late")
        if seen.duplicated:
            faults.append(f"{seen.duplicated} deliveries duplicated")
        if seen.reordered:
            faults.append(f"{seen.reordered} deliveries out of order")
        if seen.unacknowledged:
            faults.append(f"{seen.unacknowledged} of {seen.sent} messages not acknowledged")
        pushes = self.transport == "websocket" and self.window.scenario not in WITHOUT_STALLS
        if pushes and seen.slowest_first_ms > STALL_MS:
            faults.append(f"server stalled: nobody was reached for {seen.slowest_first_ms:.0f} ms")
        return faults

    @property
    def step(self) -> Step:
        """This window as a step of the search for the capacity."""
        seen = self.deliveries
        assert seen is not None
        return Step(
            users=self.window.users,
            latencies_ms=seen.latencies_ms,
            operations=self.operations,
            errors=sum(self.errors.values()),
            unacknowledged=seen.unacknowledged + seen.unsent,
            first_error=next(iter(self.errors), ""),
        )


def runs(recording: Recording, recorded_without: Collection[str] = ()) -> list[Run]:
    """Return every window of a recording with what was measured in it.

    ``recorded_without`` names what the recording was not to have (recording.CHECKS).
    """
    tables = _Tables(recording)
    return [
        _run(tables, Window(**{str(key): value for key, value in row.items()}), recorded_without)
        for row in recording.frame("windows").to_dict("records")
    ]


class _Tables:
    """The raw tables by session, and the digests by window."""

    def __init__(self, recording: Recording) -> None:
        names = ("sent", "received", "operations", "health", "resources", "processors", "http")
        frames = {name: recording.frame(name) for name in names}
        self._empty = {name: frame.iloc[:0] for name, frame in frames.items()}
        self._of = {name: dict(list(frame.groupby("session"))) for name, frame in frames.items()}
        self._digests = {
            (row["session"], row["start_ns"]): row
            for row in recording.frame("digests").to_dict("records")
        }
        self._histograms = dict(
            list(recording.frame("histograms").groupby(["session", "start_ns"]))
        )
        self._no_times = recording.frame("histograms").iloc[:0]
        self.sessions = {
            row["session"]: row for row in recording.frame("sessions").to_dict("records")
        }

    def of(self, name: str, window: Window) -> pd.DataFrame:
        """Return a table's rows of the session that a window is of."""
        return self._of[name].get(window.session, self._empty[name])

    def deliveries(self, window: Window) -> Deliveries | None:
        """Return what became of a window's messages; None if it is not about any."""
        key = (window.session, window.start_ns)
        if key in self._digests:
            return restored(self._digests[key], self._histograms.get(key, self._no_times))
        if window.scenario not in WITH_DELIVERIES:
            return None
        kind = "typing" if window.scenario == "typing" else "message"
        return deliveries(self.of("sent", window), self.of("received", window), window, kind)


def _run(tables: _Tables, window: Window, recorded_without: Collection[str]) -> Run:
    session = tables.sessions[window.session]
    seen = tables.deliveries(window)
    operations = tables.of("operations", window)
    ended = operations[operations["kind"] == PROCESS]
    operations = _within(operations, "start_ns", window)
    failed = operations[~operations["ok"].astype(bool)]
    returned = operations[operations["kind"] == "return"]
    http = tables.of("http", window)
    http = http[(http["phase"] == window.phase) & (window.scenario == "http")]
    http = _within(http.assign(at_ns=_moments(http, window)), "at_ns", window)
    answered = http[http["ok"].astype(bool)]
    took = answered["start_ns"] - answered["intended_ns"] + answered["duration_ns"]
    usage = _usage(tables.of("resources", window), window)
    load = None
    if PROCESSORS not in recorded_without:
        used = {
            SERVER_SIDE: usage.total_cpu_seconds,
            GENERATOR_SIDE: _used_by_generators(tables, window),
        }
        load = machine_load(tables.of("processors", window), used, window)
    return Run(
        server=session["server"],
        transport=session["transport"],
        repeat=int(session["repeat"]),
        window=window,
        usage=usage,
        health=_health(tables, window, seen, http, recorded_without),
        operations=len(operations) + len(http),
        errors=Counter(failed["kind"] + ": " + failed["detail"]),
        deliveries=seen,
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


def _moments(http: pd.DataFrame, window: Window) -> pd.Series[int]:
    """Return when each request counts: flat out when its answer came, otherwise when it was due.

    At the end of a window, what was asked for flat out and is not answered yet is no work that
    the server has done in it.
    """
    if window.phase != FLAT_OUT:
        return http["intended_ns"]
    answered = http["start_ns"] + http["duration_ns"]
    return answered.where(http["ok"].astype(bool), http["intended_ns"])


def _within(rows: pd.DataFrame, column: str, window: Window) -> pd.DataFrame:
    return rows[(rows[column] >= window.start_ns) & (rows[column] < window.end_ns)]


def _usage(resources: pd.DataFrame, window: Window) -> Usage:
    """Return what the server side used, its CPU time interpolated at the window's edges."""
    cpu: dict[str, float] = {}
    pss: dict[str, float] = {}
    ended = 0
    covered = 1.0
    for role, rows in resources[resources["role"] != CONDUCTOR].groupby("role"):
        at = rows["at_ns"].to_numpy()
        cpu[str(role)] = spent(at, rows["cpu_ns"].to_numpy(), window)
        inside = _within(rows, "at_ns", window)["pss_bytes"]
        edges = np.interp([window.start_ns, window.end_ns], at, rows["pss_bytes"].to_numpy())
        pss[str(role)] = float((inside if len(inside) else edges).mean()) / 2**20
        covered = min(covered, coverage(at, window))
        if role == "server":
            ended = _ended(rows, window)
    return Usage(cpu, pss, covered, ended)


def _ended(rows: pd.DataFrame, window: Window) -> int:
    """Return how many processes ended between the samples around a window."""
    at, so_far = rows["at_ns"].to_numpy(), rows["ended"].to_numpy()
    before = max(0, int(np.searchsorted(at, window.start_ns, side="right")) - 1)
    after = min(len(at) - 1, int(np.searchsorted(at, window.end_ns)))
    return int(so_far[after] - so_far[before])


def _used_by_generators(tables: _Tables, window: Window) -> float:
    """Return the CPU seconds of the generators and of the process that drives the run."""
    ticks = _ticks(tables.of("health", window)).values()
    resources = tables.of("resources", window)
    conductor = resources[resources["role"] == CONDUCTOR]
    return sum(spent(due + lag, cpu, window) for due, lag, cpu in ticks) + spent(
        conductor["at_ns"].to_numpy(), conductor["cpu_ns"].to_numpy(), window
    )


def _health(
    tables: _Tables,
    window: Window,
    seen: Deliveries | None,
    http: pd.DataFrame,
    recorded_without: Collection[str],
) -> GeneratorHealth:
    """Return how those generators fared that drove a window: Locust's, or the chat's."""
    is_http = window.scenario == "http"
    slip_ms = _slip_of_requests(http) if is_http else seen.slip_ms if seen else np.array([])
    slip = float(np.quantile(slip_ms, 0.99)) if len(slip_ms) else 0.0
    if is_http and LOCUST_HEALTH in recorded_without:
        return GeneratorHealth(0.0, 0.0, slip)
    ticks = _ticks(tables.of("health", window))
    if is_http:
        numbers = {one for one in ticks if one >= LOCUST_FROM} or {LOCUST_FROM}
    else:
        # The generator's number is a part of each ref (generator.py).
        senders = np.unique(tables.of("sent", window)["ref"].to_numpy() >> 40 & 0xFF)
        numbers = {one for one in ticks if one < LOCUST_FROM} | {*map(int, senders)}
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


def _ticks(rows: pd.DataFrame) -> dict[int, tuple[Integers, Integers, Integers]]:
    """Return the ticks of each generator: when they were due, their lag, the CPU time then."""
    found = {}
    for number in rows["generator"].unique().tolist():
        one = rows[rows["generator"] == number]
        found[number] = (
            one["at_ns"].to_numpy(),
            one["lag_ns"].to_numpy(),
            one["cpu_ns"].to_numpy(),
        )
    return found


def _slip_of_requests(http: pd.DataFrame) -> Floats:
    """Return how late requests began, in ms, from when they were due and a user was free.

    While all users wait for answers, it is the server that makes a request late.
    """
    begun = http[http["start_ns"] != NEVER]
    ready = np.maximum(begun["intended_ns"], begun["free_ns"])
    return np.asarray(begun["start_ns"] - ready, dtype=np.float64) / 1e6
