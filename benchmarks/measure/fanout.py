"""What a server carries into one room: pure rules, from the windows of the search to a figure."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from benchmarks.measure.capacity import why_not
from benchmarks.measure.deliveries import Floats, quantile
from benchmarks.measure.metrics import Evidence
from benchmarks.measure.runs import Run
from benchmarks.measure.statistics import STATISTICS, Estimate, change_percent, estimate
from benchmarks.measure.validity import invalid_because
from benchmarks.servers.base import Client

LIMIT_MS = 100.0
"""The p99 that a step has to keep to."""

REFERENCE = 10_000.0
"""Deliveries/s that every server is asked for first: there their latencies are compared."""

BASELINES = ("daphne", "ws")
"""Whom every server is compared with: plain Channels, and Node's bare broadcast."""

CLIENTS: tuple[Client, Client] = ("websocket", "picows")
"""The two receiving sides that have to agree where both carry the load."""

APART_P50_MS = 10.0
APART_P99_MS = 25.0
"""How far the two may be apart: `websockets` adds about 5 ms to the median of a burst to
500, and 25 ms is the event-loop lag from which on any generator is the limit."""


FAILURES = 2
"""Tries of a rate that have to be late: a hiccup of the machine passes, an overload stays."""

TRIES = 3
"""Most tries of a rate, those included in which the generator may have been the limit."""


@dataclass(frozen=True)
class Try:
    """A rate in deliveries/s that was asked for, what was delivered, and how it went.

    ``failed_because`` is empty if it held; ``lost`` is what did not come by the deadline.
    ``generator_limits`` is empty unless the generator may have been what was measured:
    such a try decides nothing.
    """

    rate: float
    delivered: float
    p99_ms: float
    failed_because: str = ""
    lost: int = 0
    generator_limits: tuple[str, ...] = ()


def holds(tries: Sequence[Try]) -> bool | None:
    """Return whether a rate holds, from its tries so far; None if more have to tell.

    One that was late is tried again, one at which something was lost is not.
    """
    counted = [one for one in tries if not one.generator_limits]
    if any(one.lost for one in counted):
        return False
    if any(not one.failed_because for one in counted):
        return True
    return False if len(counted) >= FAILURES or len(tries) >= TRIES else None


@dataclass(frozen=True)
class Held:
    """The most that was held, in deliveries/s, and what stopped it there.

    ``failed_at`` is the rate that did not hold, None if the server failed at none: all
    held, or the generator was the limit before the server was. ``invalid_because`` is not
    empty if the generator was the limit before anything held.
    """

    rate: float
    p99_ms: float | None
    stopped_by: str
    failed_at: float | None
    invalid_because: tuple[str, ...] = ()

    @property
    def at_least(self) -> bool:
        """Whether it holds that much and perhaps more: no rate failed."""
        return self.failed_at is None


@dataclass(frozen=True)
class Fanout:
    """What one server held in one repeat, with so many sockets in the room.

    ``reference_ms`` is its p99 at the reference rate; None where something was lost there
    or the generator may have been the limit.
    """

    server: str
    sockets: int
    repeat: int
    held: Held
    reference_ms: float | None = None


@dataclass(frozen=True)
class Ratio:
    """What a server held over what a baseline did.

    ``at_least`` tells that the server may hold more than was seen, or that the baseline
    held nothing in some repeat: there it is taken to hold as much as the lowest rate that
    it failed at. ``at_most`` tells that the baseline may hold more than was seen.
    """

    of: Estimate
    at_least: bool
    at_most: bool


@dataclass(frozen=True)
class Standing:
    """What one server held over the valid repeats, and as a ratio to the baselines.

    ``reference_ms`` is the median of its p99 at the reference rate; None if there is none.
    """

    server: str
    sockets: int
    repeats: int
    rate: Estimate
    at_least: bool
    ratios: dict[str, Ratio]
    reference_ms: Estimate | None


@dataclass(frozen=True)
class ClientCrosscheck:
    """What both receiving sides saw of the same load: p50 and p99 in ms, by client."""

    p50_ms: dict[str, float]
    p99_ms: dict[str, float]
    deliveries_per_second: dict[str, float]
    disagreements: tuple[str, ...]


def held(tries: Sequence[Try]) -> Held:
    """Return the fastest rate that holds below the slowest that does not.

    Raises:
        ValueError: nothing was tried.
    """
    if not tries:
        raise ValueError("nothing was tried")
    best: Try | None = None
    for _rate, group in groupby(sorted(tries, key=lambda one: one.rate), lambda one: one.rate):
        of_rate = list(group)
        if not holds(of_rate):
            return _stopped(best, of_rate)
        best = next(one for one in of_rate if not (one.failed_because or one.generator_limits))
    assert best is not None
    return Held(best.delivered, best.p99_ms, "no rate failed", failed_at=None)


def _stopped(best: Try | None, tries: Sequence[Try]) -> Held:
    """Return what was held when a rate was not, or could not be decided."""
    counted = [one for one in tries if not one.generator_limits]
    last = (counted or list(tries))[-1]
    why = last.failed_because if counted else f"only the {', '.join(last.generator_limits)}"
    return Held(
        rate=best.delivered if best else 0.0,
        p99_ms=best.p99_ms if best else None,
        stopped_by=f"at {last.rate:,.0f}/s: {why}",
        failed_at=None if best and not counted else last.rate,
        invalid_because=() if best or counted else last.generator_limits,
    )


def fanouts(evidence: Evidence) -> list[Fanout]:
    """Return what each server held in each repeat, of every size of the room."""
    found: dict[tuple[int, str, int], list[Try]] = defaultdict(list)
    for run in evidence.runs:
        if run.window.scenario == "fanout":
            found[run.window.room_size, run.server, run.repeat].append(try_of(run))
    disagreements = _disagreements(evidence)
    return [
        Fanout(server, sockets, repeat, _with(held(tries), disagreements), _reference(tries))
        for (sockets, server, repeat), tries in sorted(found.items())
    ]


def _reference(tries: Sequence[Try]) -> float | None:
    """Return the p99 at the reference rate: the median, where it was tried more than once."""
    counted = [one for one in tries if one.rate == REFERENCE and not one.generator_limits]
    if not counted or any(one.lost for one in counted):
        return None
    return float(np.median([one.p99_ms for one in counted]))


def try_of(run: Run) -> Try:
    """Return a window of the search as a try; its phase is the rate that was asked for."""
    seen = run.deliveries
    assert seen is not None
    return Try(
        rate=float(run.window.phase),
        delivered=seen.received / run.seconds,
        p99_ms=quantile(seen.latencies_ms, 0.99),
        failed_because=why_not(run.step, LIMIT_MS),
        lost=seen.lost,
        generator_limits=tuple(invalid_because(run)),
    )


def standings(found: Sequence[Fanout]) -> list[Standing]:
    """Return each server's median over its valid repeats, the best first, and its ratios."""
    valid: dict[tuple[int, str], list[Fanout]] = defaultdict(list)
    for one in found:
        if not one.held.invalid_because:
            valid[one.sockets, one.server].append(one)
    by_server = {key: [one.held for one in repeats] for key, repeats in valid.items()}
    of = [
        Standing(
            server=server,
            sockets=sockets,
            repeats=len(repeats),
            rate=estimate(_rates(repeats), STATISTICS["p50"]),
            at_least=any(one.at_least for one in repeats),
            ratios=_ratios(
                server, repeats, {one: by_server.get((sockets, one)) for one in BASELINES}
            ),
            reference_ms=_reference_estimate(valid[sockets, server]),
        )
        for (sockets, server), repeats in by_server.items()
    ]
    return sorted(of, key=lambda one: (one.sockets, -one.rate.value))


def _reference_estimate(repeats: Sequence[Fanout]) -> Estimate | None:
    seen = [np.array([one.reference_ms]) for one in repeats if one.reference_ms is not None]
    return estimate(seen, STATISTICS["p50"]) if seen else None


def _rates(repeats: Sequence[Held]) -> list[Floats]:
    return [np.array([one.rate]) for one in repeats]


def _ratios(
    server: str, repeats: Sequence[Held], baselines: dict[str, list[Held] | None]
) -> dict[str, Ratio]:
    """Return the ratios to the baselines that were there and say something."""
    ratios = {
        baseline: _ratio(seen, repeats)
        for baseline, seen in baselines.items()
        if seen and baseline != server
    }
    # If both may hold more than was seen, their ratio may be anything.
    return {name: one for name, one in ratios.items() if not (one.at_least and one.at_most)}


def _ratio(baseline: Sequence[Held], candidate: Sequence[Held]) -> Ratio:
    bounds = [np.array([one.rate or one.failed_at]) for one in baseline]
    change = change_percent(bounds, _rates(candidate), STATISTICS["p50"])
    return Ratio(
        Estimate(1 + change.value / 100, 1 + change.low / 100, 1 + change.high / 100),
        at_least=any(not one.rate for one in baseline) or any(one.at_least for one in candidate),
        at_most=any(one.at_least for one in baseline),
    )


def client_crosscheck(evidence: Evidence) -> ClientCrosscheck | None:
    """Return how far the two receiving sides agree; None if that was not measured."""
    by_client: dict[str, list[Run]] = {
        client: [run for run in evidence.runs if run.window.phase == client and _calibrates(run)]
        for client in CLIENTS
    }
    if not all(by_client.values()):
        return None
    latencies = {client: _latencies(runs) for client, runs in by_client.items()}
    p50 = {client: quantile(seen, 0.5) for client, seen in latencies.items()}
    p99 = {client: quantile(seen, 0.99) for client, seen in latencies.items()}
    return ClientCrosscheck(
        p50_ms=p50,
        p99_ms=p99,
        deliveries_per_second={
            client: sum(run.deliveries.received for run in runs if run.deliveries)
            / sum(run.seconds for run in runs)
            for client, runs in by_client.items()
        },
        disagreements=(
            *(
                f"{client} saw: {fault}"
                for client, runs in by_client.items()
                for run in runs
                for fault in run.faults
            ),
            *_apart("p50", p50, APART_P50_MS),
            *_apart("p99", p99, APART_P99_MS),
        ),
    )


def _calibrates(run: Run) -> bool:
    return run.window.scenario == "client-crosscheck" and run.deliveries is not None


def _latencies(runs: Sequence[Run]) -> Floats:
    return np.concatenate([run.deliveries.latencies_ms for run in runs if run.deliveries])


def _apart(name: str, values: dict[str, float], limit: float) -> list[str]:
    one, other = (values[client] for client in CLIENTS)
    # Infinite where nothing came, which agrees with nothing.
    if math.isfinite(one) and abs(one - other) <= limit:
        return []
    return [f"{name} {one:.1f} ms by {CLIENTS[0]}, {other:.1f} ms by {CLIENTS[1]}"]


def _disagreements(evidence: Evidence) -> tuple[str, ...]:
    seen = client_crosscheck(evidence)
    return tuple(f"the clients disagree: {one}" for one in seen.disagreements) if seen else ()


def _with(found: Held, reasons: tuple[str, ...]) -> Held:
    return replace(found, invalid_because=(*found.invalid_because, *reasons))
