"""Decide whether a window is valid. Only the measuring instrument can make it invalid.

The instrument is the load generators and the machine. What the server does wrong (late, lost or
refused messages) is a result and never a reason to leave a window out. All limits of the
instrument are defined here; runs.py and the modules that it uses compute the quantities that are
compared with them.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.measure.health import GeneratorHealth
from benchmarks.measure.processors import MachineLoad, Side
from benchmarks.measure.runs import SATURATED, Run

CPU_LIMIT_PERCENT = 90.0
LAG_LIMIT_MS = 25.0
PAUSE_LIMIT_MS = 100.0
SLIP_LIMIT_MS = 25.0
COVERAGE_LIMIT = 0.95
FOREIGN_LIMIT = 0.10
STOLEN_LIMIT = 0.05

FOREIGN_ALLOWANCE_SECONDS = 0.1
"""CPU seconds that are added to FOREIGN_LIMIT, because two counts of the kernel differ.

The kernel counts the time of a processor in ticks of 10 ms, but that of a process more finely.
Over a short window, the two differ by some ticks at each edge even if no other program ran.
"""

STOLEN_ALLOWANCE_SECONDS = 0.02


def percent(share: float) -> str:
    """Return a share, formatted as a whole percentage."""
    return f"{share * 100:.0f} %"


@dataclass(frozen=True)
class Threshold:
    """A limit of the instrument, as shown in the report."""

    of: str
    limit: str
    why: str


THRESHOLDS = (
    Threshold(
        "CPU of a generator",
        f"at most {CPU_LIMIT_PERCENT:.0f} % of its processor",
        "Beyond that it may be the generator that cannot go faster.",
    ),
    Threshold(
        "lag of a generator (p99)",
        f"at most {LAG_LIMIT_MS:.0f} ms",
        "A quarter of the 100 ms that are claimed: more would be a part of what is measured.",
    ),
    Threshold(
        "longest pause of a generator",
        f"at most {PAUSE_LIMIT_MS:.0f} ms",
        "A pause as long as the claimed threshold makes deliveries late by itself.",
    ),
    Threshold(
        "schedule slip (p99)",
        f"at most {SLIP_LIMIT_MS:.0f} ms",
        "Messages have to leave when they are due.",
    ),
    Threshold(
        "signs of life of a generator",
        f"in at least {percent(COVERAGE_LIMIT)} of a window",
        "A generator that is dead sees nothing and complains of nothing.",
    ),
    Threshold(
        "load of other programs",
        f"at most {percent(FOREIGN_LIMIT)} of a processor",
        "What another program uses of a pinned processor is missing to the server.",
    ),
    Threshold(
        "stolen time",
        f"at most {percent(STOLEN_LIMIT)} of a processor",
        "Time that the hypervisor gave to others makes a server seem slow.",
    ),
    Threshold(
        "samples of processors and processes",
        f"over at least {percent(COVERAGE_LIMIT)} of a window",
        "Without samples, nothing is known of what was used.",
    ),
    Threshold(
        "share of its processors that a server uses flat out",
        f"at least {percent(SATURATED)}, or its throughput is only a lower bound",
        "A server that was not busy could have done more.",
    ),
)
"""All limits of the instrument, for the report."""


def invalid_because(run: Run) -> list[str]:
    """Return the reasons why a window is invalid, none if it is valid."""
    return [
        *generator_limits(run.health),
        *_find_impossible(run),
        *(disturbed_because(run.load, run.seconds) if run.load else []),
    ]


def counts_refused_because(run: Run) -> list[str]:
    """Return the reasons why the counts of lost and duplicated messages are invalid.

    There are fewer of them than for latencies: if a generator pauses, messages seem late, but
    not lost.
    """
    return [*_find_silences(run.health), *_find_impossible(run)]


def usage_refused_because(run: Run) -> list[str]:
    """Return the reasons why the CPU and memory figures of a valid window are invalid."""
    usage = run.usage
    if not usage.cpu_seconds:
        return ["the server's processes were not sampled"]
    reasons = []
    if usage.coverage < COVERAGE_LIMIT:
        reasons.append(f"only {percent(usage.coverage)} of the window was sampled")
    reasons += [
        f"{role} used {seconds:.2f} s of CPU, which cannot be"
        for role, seconds in usage.cpu_seconds.items()
        if seconds < 0
    ]
    if usage.ended:
        reasons.append(f"{usage.ended} of the server's processes ended or were replaced")
    return reasons + [f"the server is not whole: {how}" for how in run.deaths]


def generator_limits(health: GeneratorHealth) -> list[str]:
    """Return the reasons why the generator, not the server, may have been the bottleneck."""
    reasons = _find_silences(health)
    if health.cpu_percent > CPU_LIMIT_PERCENT:
        reasons.append(f"generator used {health.cpu_percent:.0f} % of its processor")
    if health.loop_lag_ms_p99 > LAG_LIMIT_MS:
        reasons.append(f"generator's event loop lagged {health.loop_lag_ms_p99:.0f} ms (p99)")
    if health.longest_pause_ms > PAUSE_LIMIT_MS:
        reasons.append(f"generator paused for {health.longest_pause_ms:.0f} ms")
    if health.schedule_slip_ms_p99 > SLIP_LIMIT_MS:
        reasons.append(f"generator sent {health.schedule_slip_ms_p99:.0f} ms late (p99)")
    return reasons


def _find_silences(health: GeneratorHealth) -> list[str]:
    return [
        f"generator {silence.generator} gave no sign of life for {silence.seconds:.1f} s"
        for silence in health.silences
        if silence.share > 1 - COVERAGE_LIMIT
    ]


def _find_impossible(run: Run) -> list[str]:
    """Return what was recorded but is impossible, and what the generator left out."""
    reasons = []
    counts = run.deliveries
    if counts and counts.unsent:
        reasons.append(f"generator left {counts.unsent} messages unsent")
    if counts and counts.early:
        reasons.append(f"{counts.early} arrivals or acknowledgements before they were sent")
    if counts and counts.unexpected:
        reasons.append(f"{counts.unexpected} arrivals more than expected")
    if run.window.scenario == "http":
        if not run.requests and not run.failed_requests:
            reasons.append("no request was made")
        if early := sum(int((took < 0).sum()) for took in run.requests.values()):
            reasons.append(f"{early} answers before they were asked for")
    return reasons


def disturbed_because(load: MachineLoad, seconds: float) -> list[str]:
    """Return what else used the pinned processors in a window that lasted ``seconds``."""
    reasons = []
    if load.coverage < COVERAGE_LIMIT:
        reasons.append(f"only {percent(load.coverage)} of the processors' load was sampled")
    reasons += [
        f"another program used {percent(side.foreign / seconds)} of {_name_processors(side)}"
        for side in load.sides
        if side.foreign > FOREIGN_LIMIT * seconds + FOREIGN_ALLOWANCE_SECONDS
    ]
    reasons += [
        f"the hypervisor took {percent(stolen / seconds)} of processor {cpu}"
        for cpu, stolen in load.stolen.items()
        if stolen > STOLEN_LIMIT * seconds + STOLEN_ALLOWANCE_SECONDS
    ]
    return reasons


def _name_processors(side: Side) -> str:
    """Return the processors of a side, as words for a reason."""
    if len(side.cpus) == 1:
        return f"processor {side.cpus[0]}"
    return f"a processor (of {', '.join(map(str, side.cpus))})"
