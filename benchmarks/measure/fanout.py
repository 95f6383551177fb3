"""Compute the highest rate at which a server delivers into one room.

The functions are pure rules that turn the windows of the search into figures.
"""

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
"""The p99 that a step must not exceed."""

REFERENCE = 10_000.0
"""Deliveries/s that every server is tested with first, to compare latencies at the same rate."""

BASELINES = ("daphne", "ws")
"""The servers that all others are compared with: plain Channels, and Node's bare broadcast."""

CLIENTS: tuple[Client, Client] = ("websocket", "picows")
"""The two client libraries whose results have to agree at a rate that both can receive."""

APART_P50_MS = 10.0
APART_P99_MS = 25.0
"""Largest differences between the two clients that still count as agreement.

`websockets` adds about 5 ms to the median of a burst to 500. 25 ms is the event-loop lag from
which on a generator is the bottleneck.
"""


FAILURES = 2
"""Late tries after which a rate fails: a hiccup of the machine passes, an overload stays."""

TRIES = 3
"""Maximum tries of a rate, including those in which the generator may have been the limit."""


@dataclass(frozen=True)
class Attempt:
    """One try of a rate: the requested and the delivered deliveries/s, and the result.

    ``failed_because`` is empty if the rate held. ``lost`` is the number of deliveries that did
    not arrive by the deadline. ``generator_limits`` is empty unless the generator may have been
    the bottleneck: such a try decides nothing.
    """

    rate: float
    delivered: float
    p99_ms: float
    failed_because: str = ""
    lost: int = 0
    generator_limits: tuple[str, ...] = ()


def holds(tries: Sequence[Attempt]) -> bool | None:
    """Return whether a rate holds, from its tries so far; None if more tries are needed.

    A rate at which deliveries were late is tried again; one at which any were lost is not.
    """
    valid = [each for each in tries if not each.generator_limits]
    if any(each.lost for each in valid):
        return False
    if any(not each.failed_because for each in valid):
        return True
    return False if len(valid) >= FAILURES or len(tries) >= TRIES else None


@dataclass(frozen=True)
class HighestRate:
    """The highest rate that held, in deliveries/s, and the reason why no higher one did.

    ``failed_at`` is the rate that did not hold. It is None if the server failed at no rate:
    either all held, or the generator was the limit before the server was. ``invalid_because`` is
    not empty if the generator was the limit before any rate held.
    """

    rate: float
    p99_ms: float | None
    stopped_by: str
    failed_at: float | None
    invalid_because: tuple[str, ...] = ()

    @property
    def at_least(self) -> bool:
        """Whether the rate is only a lower bound, because no rate failed."""
        return self.failed_at is None


@dataclass(frozen=True)
class Fanout:
    """The highest rate of one server in one repeat, with ``sockets`` sockets in the room.

    ``reference_ms`` is the p99 at the reference rate. It is None if deliveries were lost there,
    or if the generator may have been the limit.
    """

    server: str
    sockets: int
    repeat: int
    held: HighestRate
    reference_ms: float | None = None


@dataclass(frozen=True)
class Ratio:
    """The ratio of the highest rate of a server to that of a baseline.

    ``at_least`` says that the ratio may be larger: the server may hold more than was measured,
    or the baseline held nothing in some repeat. In that repeat, the baseline is assumed to hold
    the lowest rate that it failed at. ``at_most`` says that the ratio may be smaller, because
    the baseline may hold more than was measured.
    """

    of: Estimate
    at_least: bool
    at_most: bool


@dataclass(frozen=True)
class ServerFanout:
    """The highest rate of one server over its valid repeats, and its ratios to the baselines.

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
    """The measurements of both client libraries under the same load, by client."""

    p50_ms: dict[str, float]
    p99_ms: dict[str, float]
    deliveries_per_second: dict[str, float]
    disagreements: tuple[str, ...]


def find_highest_rate(tries: Sequence[Attempt]) -> HighestRate:
    """Return the highest rate that holds below the lowest rate that does not.

    Raises:
        ValueError: there are no tries.
    """
    if not tries:
        raise ValueError("nothing was tried")
    best: Attempt | None = None
    for _rate, group in groupby(sorted(tries, key=lambda each: each.rate), lambda each: each.rate):
        of_rate = list(group)
        if not holds(of_rate):
            return _stop_at(best, of_rate)
        best = next(each for each in of_rate if not (each.failed_because or each.generator_limits))
    assert best is not None
    return HighestRate(best.delivered, best.p99_ms, "no rate failed", failed_at=None)


def _stop_at(best: Attempt | None, tries: Sequence[Attempt]) -> HighestRate:
    """Return the result of a search that ends with the tries of a rate that did not hold.

    Either the rate failed, or the generator was the limit and nothing is known about it.
    """
    valid = [each for each in tries if not each.generator_limits]
    last = (valid or list(tries))[-1]
    why = last.failed_because if valid else f"only the {', '.join(last.generator_limits)}"
    return HighestRate(
        rate=best.delivered if best else 0.0,
        p99_ms=best.p99_ms if best else None,
        stopped_by=f"at {last.rate:,.0f}/s: {why}",
        failed_at=None if best and not valid else last.rate,
        invalid_because=() if best or valid else last.generator_limits,
    )


def fanouts(evidence: Evidence) -> list[Fanout]:
    """Return the highest rate of each server in each repeat, for every size of the room."""
    tries_of: dict[tuple[int, str, int], list[Attempt]] = defaultdict(list)
    for run in evidence.runs:
        if run.window.scenario == "fanout":
            tries_of[run.window.room_size, run.server, run.repeat].append(try_of(run))
    disagreements = _describe_disagreements(evidence)
    return [
        Fanout(
            server=server,
            sockets=sockets,
            repeat=repeat,
            held=_add_reasons(find_highest_rate(tries), disagreements),
            reference_ms=_find_reference(tries),
        )
        for (sockets, server, repeat), tries in sorted(tries_of.items())
    ]


def _find_reference(tries: Sequence[Attempt]) -> float | None:
    """Return the p99 at the reference rate, or the median if it was tried more than once."""
    valid = [each for each in tries if each.rate == REFERENCE and not each.generator_limits]
    if not valid or any(each.lost for each in valid):
        return None
    return float(np.median([each.p99_ms for each in valid]))


def try_of(run: Run) -> Attempt:
    """Return a window of the search as a try; its phase is the requested rate."""
    counts = run.deliveries
    assert counts is not None
    return Attempt(
        rate=float(run.window.phase),
        delivered=counts.received / run.seconds,
        p99_ms=quantile(counts.latencies_ms, 0.99),
        failed_because=why_not(run.step, LIMIT_MS),
        lost=counts.lost,
        generator_limits=tuple(invalid_because(run)),
    )


def summarise_servers(found: Sequence[Fanout]) -> list[ServerFanout]:
    """Return each server's median over its valid repeats and its ratios, the best first."""
    valid: dict[tuple[int, str], list[Fanout]] = defaultdict(list)
    for fanout in found:
        if not fanout.held.invalid_because:
            valid[fanout.sockets, fanout.server].append(fanout)
    by_server = {key: [fanout.held for fanout in repeats] for key, repeats in valid.items()}
    unsorted = [
        ServerFanout(
            server=server,
            sockets=sockets,
            repeats=len(repeats),
            rate=estimate(_list_rates(repeats), STATISTICS["p50"]),
            at_least=any(each.at_least for each in repeats),
            ratios=_compute_ratios(
                server, repeats, {name: by_server.get((sockets, name)) for name in BASELINES}
            ),
            reference_ms=_estimate_reference(valid[sockets, server]),
        )
        for (sockets, server), repeats in by_server.items()
    ]
    return sorted(unsorted, key=lambda standing: (standing.sockets, -standing.rate.value))


def _estimate_reference(repeats: Sequence[Fanout]) -> Estimate | None:
    p99s = [np.array([each.reference_ms]) for each in repeats if each.reference_ms is not None]
    return estimate(p99s, STATISTICS["p50"]) if p99s else None


def _list_rates(repeats: Sequence[HighestRate]) -> list[Floats]:
    return [np.array([each.rate]) for each in repeats]


def _compute_ratios(
    server: str, repeats: Sequence[HighestRate], baselines: dict[str, list[HighestRate] | None]
) -> dict[str, Ratio]:
    """Return the ratios to the baselines that were measured, without meaningless ones."""
    ratios = {
        baseline: _compute_ratio(held_by_baseline, repeats)
        for baseline, held_by_baseline in baselines.items()
        if held_by_baseline and baseline != server
    }
    # If both servers may hold more than was measured, their ratio may have any value. A server
    # that held no rate has none.
    return {
        name: ratio
        for name, ratio in ratios.items()
        if ratio.of.value and not (ratio.at_least and ratio.at_most)
    }


def _compute_ratio(baseline: Sequence[HighestRate], candidate: Sequence[HighestRate]) -> Ratio:
    bounds = [np.array([each.rate or each.failed_at]) for each in baseline]
    change = change_percent(bounds, _list_rates(candidate), STATISTICS["p50"])
    held_nothing = any(not each.rate for each in baseline)
    return Ratio(
        Estimate(1 + change.value / 100, 1 + change.low / 100, 1 + change.high / 100),
        at_least=held_nothing or any(each.at_least for each in candidate),
        at_most=any(each.at_least for each in baseline),
    )


def client_crosscheck(evidence: Evidence) -> ClientCrosscheck | None:
    """Return how far the two client libraries agree; None if that was not measured."""
    by_client: dict[str, list[Run]] = {
        client: [run for run in evidence.runs if run.window.phase == client and _is_crosscheck(run)]
        for client in CLIENTS
    }
    if not all(by_client.values()):
        return None
    latencies = {client: _merge_latencies(runs) for client, runs in by_client.items()}
    p50 = {client: quantile(samples, 0.5) for client, samples in latencies.items()}
    p99 = {client: quantile(samples, 0.99) for client, samples in latencies.items()}
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
            *_compare_clients("p50", p50, APART_P50_MS),
            *_compare_clients("p99", p99, APART_P99_MS),
        ),
    )


def _is_crosscheck(run: Run) -> bool:
    return run.window.scenario == "client-crosscheck" and run.deliveries is not None


def _merge_latencies(runs: Sequence[Run]) -> Floats:
    return np.concatenate([run.deliveries.latencies_ms for run in runs if run.deliveries])


def _compare_clients(name: str, values: dict[str, float], limit_ms: float) -> list[str]:
    one, other = (values[client] for client in CLIENTS)
    # A value is infinite if nothing was delivered; that agrees with no other value.
    if math.isfinite(one) and abs(one - other) <= limit_ms:
        return []
    return [f"{name} {one:.1f} ms by {CLIENTS[0]}, {other:.1f} ms by {CLIENTS[1]}"]


def _describe_disagreements(evidence: Evidence) -> tuple[str, ...]:
    crosscheck = client_crosscheck(evidence)
    if not crosscheck:
        return ()
    return tuple(f"the clients disagree: {each}" for each in crosscheck.disagreements)


def _add_reasons(result: HighestRate, reasons: tuple[str, ...]) -> HighestRate:
    return replace(result, invalid_because=(*result.invalid_because, *reasons))
