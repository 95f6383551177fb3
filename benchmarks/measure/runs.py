"""From raw tables to what each window shows: the numbers of one run of one scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from benchmarks.measure.capacity import Step
from benchmarks.measure.deliveries import Deliveries, Floats, deliveries
from benchmarks.measure.digest import restored
from benchmarks.recording import Recording, Window

LAG_LIMIT_MS = 25.0
SLIP_LIMIT_MS = 25.0
CPU_LIMIT_PERCENT = 90.0
STALL_MS = 250.0
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
class GeneratorHealth:
    """How the generators fared in a window: the worst of them."""

    cpu_percent: float
    loop_lag_ms_p99: float
    schedule_slip_ms_p99: float

    @property
    def limits(self) -> list[str]:
        """Why the generator, not the server, may be what was measured."""
        reasons = []
        if self.cpu_percent > CPU_LIMIT_PERCENT:
            reasons.append(f"generator used {self.cpu_percent:.0f} % of its processor")
        if self.loop_lag_ms_p99 > LAG_LIMIT_MS:
            reasons.append(f"generator's event loop lagged {self.loop_lag_ms_p99:.0f} ms")
        if self.schedule_slip_ms_p99 > SLIP_LIMIT_MS:
            reasons.append(f"generator sent {self.schedule_slip_ms_p99:.0f} ms late (p99)")
        return reasons


@dataclass(frozen=True)
class Usage:
    """What the server side used in a window; memory is the mean of its samples."""

    cpu_seconds: dict[str, float]
    pss_mib: dict[str, float]

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

    ``away_s`` has, of each socket that was closed and came back, how long it was away, and
    ``back_s`` how long after the window's start it was back: both in seconds.
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

    @property
    def seconds(self) -> float:
        """How long the window was."""
        return (self.window.end_ns - self.window.start_ns) / 1e9

    @property
    def generator_limits(self) -> list[str]:
        """Why the generator, not the server, may be what was measured."""
        reasons = self.health.limits
        if self.deliveries and self.deliveries.unsent:
            reasons.append(f"generator left {self.deliveries.unsent} messages unsent")
        return reasons

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
        assert self.deliveries is not None
        return Step(
            users=self.window.users,
            expected=self.deliveries.expected,
            latencies_ms=self.deliveries.latencies_ms,
            operations=self.operations,
            errors=sum(self.errors.values()),
            unacknowledged=self.deliveries.unacknowledged + self.deliveries.unsent,
            first_error=next(iter(self.errors), ""),
        )


def runs(recording: Recording) -> list[Run]:
    """Return every window of a recording with what was measured in it."""
    return list(_runs(recording))


def _runs(recording: Recording) -> Iterator[Run]:
    tables = {
        name: dict(list(recording.frame(name).groupby("session")))
        for name in ("sent", "received", "operations", "health", "resources", "http")
    }
    empty = {name: recording.frame(name).iloc[:0] for name in tables}
    digests = {
        (row["session"], row["start_ns"]): row
        for row in recording.frame("digests").to_dict("records")
    }
    no_times = recording.frame("histograms").iloc[:0]
    histograms = dict(list(recording.frame("histograms").groupby(["session", "start_ns"])))
    sessions = {row["session"]: row for row in recording.frame("sessions").to_dict("records")}
    for row in recording.frame("windows").to_dict("records"):
        window = Window(**{str(key): value for key, value in row.items()})
        of = {name: parts.get(window.session, empty[name]) for name, parts in tables.items()}
        session = sessions[window.session]
        seen = None
        digest = digests.get((window.session, window.start_ns))
        if digest is not None:
            seen = restored(digest, histograms.get((window.session, window.start_ns), no_times))
        elif window.scenario in WITH_DELIVERIES:
            kind = "typing" if window.scenario == "typing" else "message"
            seen = deliveries(of["sent"], of["received"], window, kind)
        within = _within(of["operations"], "start_ns", window)
        failed = within[~within["ok"].astype(bool)]
        returned = within[within["kind"] == "return"]
        http = of["http"][of["http"]["phase"] == window.phase]
        http = http if window.scenario == "http" else http.iloc[:0]
        http = _within(http, "start_ns", window)
        yield Run(
            server=session["server"],
            transport=session["transport"],
            repeat=int(session["repeat"]),
            window=window,
            usage=_usage(of["resources"], window),
            health=_health(of["health"], window, seen),
            operations=len(within) + len(http),
            errors=Counter(failed["kind"] + ": " + failed["detail"]),
            deliveries=seen,
            requests={
                str(name): rows["duration_ns"].to_numpy(dtype=np.float64) / 1e6
                for name, rows in http[http["ok"].astype(bool)].groupby("name")
            },
            failed_requests=int((~http["ok"].astype(bool)).sum()),
            away_s=returned["duration_ns"].to_numpy(dtype=np.float64) / 1e9,
            back_s=(returned["start_ns"] + returned["duration_ns"] - window.start_ns).to_numpy(
                dtype=np.float64
            )
            / 1e9,
        )


def _within(rows: pd.DataFrame, column: str, window: Window) -> pd.DataFrame:
    return rows[(rows[column] >= window.start_ns) & (rows[column] < window.end_ns)]


def _usage(resources: pd.DataFrame, window: Window) -> Usage:
    """Return what was used between the samples that begin and end the window."""
    # The last sample of a window is taken just after its end is noted by the scenario.
    rows = resources[
        (resources["at_ns"] >= window.start_ns) & (resources["at_ns"] <= window.end_ns)
    ]
    roles = dict(list(rows.groupby("role")))
    cpu = {
        str(role): float(part["cpu_ns"].iloc[-1] - part["cpu_ns"].iloc[0]) / 1e9
        for role, part in roles.items()
    }
    pss = {str(role): float(part["pss_bytes"].mean()) / 2**20 for role, part in roles.items()}
    return Usage(cpu, pss)


def _health(health: pd.DataFrame, window: Window, seen: Deliveries | None) -> GeneratorHealth:
    rows = _within(health, "at_ns", window)
    slip = float(np.quantile(seen.slip_ms, 0.99)) if seen and len(seen.slip_ms) else 0.0
    if rows.empty:
        return GeneratorHealth(0.0, 0.0, slip)
    spans = rows.groupby("generator")[["cpu_ns", "at_ns"]].agg(["first", "last"])
    busy = spans["cpu_ns", "last"] - spans["cpu_ns", "first"]
    wall = spans["at_ns", "last"] - spans["at_ns", "first"]
    lag = rows.groupby("generator")["lag_ns"].quantile(0.99)
    share = float((busy / wall.clip(lower=1)).max())
    return GeneratorHealth(share * 100, float(lag.max()) / 1e6, slip)
