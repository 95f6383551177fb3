"""Build results.json: everything that a report says, as data with a published schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path

import jsonschema

import benchmarks.report
from benchmarks.errors import BadRecording
from benchmarks.measure.claims import Answer, CriterionResult, Judgement
from benchmarks.measure.figures import FigureResult, figures
from benchmarks.measure.intervals import SMALLEST_LEVEL
from benchmarks.measure.metrics import Evidence, capacities, capacity_limit_ms
from benchmarks.measure.runs import Run
from benchmarks.measure.validity import THRESHOLDS, invalid_because, usage_refused_because
from benchmarks.recording import SCHEMA, Manifest
from benchmarks.report.fanout import fanout_results
from benchmarks.report.values import Json, interval, number, percentiles, unbounded


def results(manifest: Manifest, evidence: Evidence, judgements: Sequence[Judgement]) -> Json:
    """Return the results of a run, checked against the published schema.

    Raises:
        jsonschema.ValidationError: the results do not match the schema, which is a bug here.
    """
    found = {
        "schema": SCHEMA,
        "run_id": manifest.run_id,
        "profile": manifest.profile,
        "complete": manifest.complete,
        "stopped_by": manifest.stopped_by,
        "seconds": manifest.seconds,
        "rounds": manifest.rounds,
        "timeline": manifest.timeline,
        "parameters": manifest.parameters,
        "environment": manifest.environment,
        "servers": manifest.servers,
        "recorded_without": manifest.recorded_without,
        "thresholds": [asdict(threshold) for threshold in THRESHOLDS],
        "claims": [_serialise_claim(judgement) for judgement in judgements],
        "capacity": _serialise_capacities(evidence),
        "fanout": fanout_results(evidence),
        "figures": [_serialise_figure(seen) for seen in figures(evidence)],
        "absent": [{"server": name, "why": why} for name, why in manifest.absent.items()],
        "deaths": manifest.deaths,
        "runs": [_serialise_run(run) for run in evidence.runs],
    }
    jsonschema.validate(found, schema())
    return found


ABSENT = {"type": "object", "additionalProperties": {"type": "string"}}
"""The form of ``absent`` in a manifest, which differs from that in results.json."""


def check_manifest(run: Path, manifest: Manifest) -> None:
    """Check the fields that results.json takes from a manifest against its published schema.

    Raises:
        BadRecording: a field has another type or lacks a part.
    """
    properties = schema()["properties"] | {"absent": ABSENT}
    for name, value in vars(manifest).items():
        if name in properties:
            for error in jsonschema.Draft202012Validator(properties[name]).iter_errors(value):
                place = ".".join([name, *map(str, error.path)])
                raise BadRecording(f"{run / 'manifest.json'}, {place}: {error.message[:200]}.")


def schema() -> Json:
    """Return the JSON Schema of results.json."""
    text = resources.files(benchmarks.report).joinpath("results.schema.json").read_text("utf-8")
    loaded: Json = json.loads(text)
    return loaded


def _serialise_claim(judgement: Judgement) -> Json:
    """Return a claim with its answer for each way of serving; the candidate's answer decides."""
    claim, new = judgement.claim, judgement.candidate
    control = judgement.control
    return {
        "id": claim.id,
        "statement": claim.statement,
        "claimed": {"old": claim.old, "new": claim.new, "change": claim.change},
        "baseline": claim.baseline,
        "candidate": claim.candidate,
        "metric": claim.metric,
        "statistic": claim.statistic,
        "unit": claim.unit,
        "rests_on": claim.rests_on,
        "verdict": judgement.verdict.value,
        "why": new.why,
        "note": claim.note,
        "answers": [_serialise_answer(answer) for answer in judgement.answers],
        "control": {
            "change_percent": number(control.value),
            "ci95": interval(control),
            "ci95_unbounded": unbounded(control.high),
            "downgraded": new.downgraded,
        }
        if control
        else None,
    }


def _serialise_answer(answer: Answer) -> Json:
    value, change = answer.value, answer.change
    return {
        "server": answer.server,
        "role": answer.role,
        "value": number(value.value if value else None),
        "value_unbounded": unbounded(value.value if value else None),
        "bound": answer.bound,
        "ci95": interval(value),
        "ci95_unbounded": unbounded(value.high if value else None),
        "change_percent": number(change.value if change else None),
        "change_bound": answer.change_bound,
        "change_unbounded": unbounded(change.value if change else None),
        "change_ci95": interval(change),
        "change_ci95_unbounded": unbounded(change.high if change else None),
        "verdict": answer.verdict.value if answer.verdict else None,
        "why": answer.why,
        "starts": answer.starts,
        "windows": answer.windows,
        "left_out": list(answer.left_out),
        "p_value": _floor(answer.p_value),
        "holm": _serialise_holm(answer),
        "downgraded": answer.downgraded,
        "criteria": [_serialise_criterion(decided) for decided in answer.criteria],
    }


def _floor(p_value: float | None) -> float | None:
    """Return a p-value for JSON; all smaller ones are rounded up to SMALLEST_LEVEL."""
    return None if p_value is None else number(max(p_value, SMALLEST_LEVEL))


def _serialise_holm(answer: Answer) -> Json | None:
    if not answer.holm:
        return None
    return {"rank": answer.holm.rank, "of": answer.holm.of, "level": number(answer.holm.level)}


def _serialise_criterion(decided: CriterionResult) -> Json:
    criterion, seen = decided.criterion, decided.seen
    record: Json = {
        "of": criterion.of,
        "later_than": criterion.later_than,
        "at_most": criterion.at_most,
        "at_least": criterion.at_least,
        "zone": list(criterion.zone) if criterion.zone else None,
        "value": number(seen.value),
        "value_unbounded": unbounded(seen.value),
        "ci95": interval(seen),
        "ci95_unbounded": unbounded(seen.high),
        "outcome": decided.outcome.value,
        "p_value": _floor(decided.p_value),
    }
    if decided.needed:
        percent = number(100 * (1 - decided.level))
        record["needed"] = {"percent": percent, "interval": interval(decided.needed)}
    return record


def _serialise_figure(seen: FigureResult) -> Json:
    return {
        "scenario": seen.figure.scenario,
        "figure": seen.figure.name,
        "unit": seen.figure.unit,
        "statistic": seen.figure.statistic,
        "server": seen.server,
        "users": seen.users,
        "repeats": seen.repeats,
        "value": number(seen.value.value if seen.value else None),
        "ci95": interval(seen.value),
        "ratio_to_daphne": number(seen.ratio.value if seen.ratio else None),
        "ratio_ci95": interval(seen.ratio),
        "left_out": list(seen.left_out),
    }


def _serialise_capacities(evidence: Evidence) -> list[Json]:
    servers = {run.server: run.transport for run in evidence.runs}
    rounds = {run.start: run.repeat for run in evidence.runs}
    return [
        {
            "server": server,
            "transport": transport,
            "limit_ms": capacity_limit_ms(transport),
            "repeat": rounds[start],
            "users": found.users,
            "failed_at": found.failed_at,
            "at_least": found.at_least,
            "at_most": found.at_most,
            "stopped_by": found.stopped_by,
        }
        for server, transport in servers.items()
        for start, found in capacities(evidence, server).items()
    ]


def _serialise_run(run: Run) -> Json:
    reasons = invalid_because(run)
    record: Json = {
        "server": run.server,
        "transport": run.transport,
        "scenario": run.window.scenario,
        "phase": run.window.phase,
        "users": run.window.users,
        "repeat": run.repeat,
        "arm": run.arm,
        "valid": not reasons,
        "invalid_because": reasons,
        "usage_refused_because": usage_refused_because(run),
        "faults": run.faults,
        "room_size": run.window.room_size,
        "seconds": round(run.seconds, 3),
        "operations": run.operations,
        "errors": dict(run.errors),
        "cpu_seconds": _add_total(run.usage.cpu_seconds),
        "pss_mib": _add_total(run.usage.pss_mib),
        "generator": {
            "cpu_percent": round(run.health.cpu_percent, 1),
            "loop_lag_ms_p99": round(run.health.loop_lag_ms_p99, 2),
            "longest_pause_ms": round(run.health.longest_pause_ms, 2),
            "schedule_slip_ms_p99": round(run.health.schedule_slip_ms_p99, 2),
        },
        "server_share": number(run.server_share),
        "processors": _serialise_processors(run),
    }
    if run.deliveries:
        record |= _serialise_deliveries(run)
    if run.window.scenario == "http":
        record["requests"] = {
            name: {
                "per_second": round(len(durations) / run.seconds, 1),
                "latency_ms": percentiles(durations),
            }
            for name, durations in run.requests.items()
        }
        record["failed_requests"] = run.failed_requests
        record["is_lower_bound"] = run.is_lower_bound
    return record


def _serialise_deliveries(run: Run) -> Json:
    seen = run.deliveries
    assert seen is not None
    return {
        "sent": seen.sent,
        "expected": seen.expected,
        "received": seen.received,
        "lost": seen.lost,
        "duplicated": seen.duplicated,
        "reordered": seen.reordered,
        "recovered": seen.recovered,
        "early": seen.early,
        "unexpected": seen.unexpected,
        "deliveries_per_second": round(seen.received / run.seconds, 1),
        "latency_ms": percentiles(seen.latencies_ms),
        "latency_from_send_ms": percentiles(seen.since_sent_ms),
        "acknowledgement_ms": percentiles(seen.ack_ms),
    }


def _serialise_processors(run: Run) -> list[Json]:
    """Return the load of each side's processors; empty where it was not recorded."""
    return [
        {
            "side": side.name,
            "cpus": list(side.cpus),
            "busy_seconds": round(side.busy, 3),
            "used_seconds": round(side.used, 3),
            "stolen_seconds": round(sum(run.load.stolen[cpu] for cpu in side.cpus), 3),
        }
        for side in (run.load.sides if run.load else ())
        if run.load
    ]


def _add_total(values: dict[str, float]) -> Json:
    """Return the values by role, with their total."""
    return {role: round(value, 3) for role, value in values.items()} | {
        "total": round(sum(values.values()), 3)
    }
