"""results.json: everything that a report says, as data. Its schema is published beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources

import jsonschema

import benchmarks.report
from benchmarks.measure.claims import Judged, Judgement
from benchmarks.measure.figures import Seen, figures
from benchmarks.measure.metrics import Evidence, capacities, capacity_limit_ms, invalid_because
from benchmarks.measure.runs import Run
from benchmarks.recording import Manifest
from benchmarks.report.fanout import fanout_results
from benchmarks.report.values import Json, interval, number, percentiles

SCHEMA_VERSION = 1


def results(manifest: Manifest, evidence: Evidence, judgements: Sequence[Judgement]) -> Json:
    """Return the results of a run, checked against the published schema.

    Raises:
        jsonschema.ValidationError: they do not keep to it, which is a fault of ours.
    """
    found = {
        "schema": SCHEMA_VERSION,
        "run_id": manifest.run_id,
        "profile": manifest.profile,
        "complete": manifest.complete,
        "stopped_by": manifest.stopped_by,
        "seconds": manifest.seconds,
        "parameters": manifest.parameters,
        "environment": manifest.environment,
        "claims": [_claim(judgement) for judgement in judgements],
        "capacity": _capacities(evidence),
        "fanout": fanout_results(evidence),
        "figures": [_figure(seen) for seen in figures(evidence)],
        "absent": [{"server": name, "why": why} for name, why in manifest.absent.items()],
        "runs": [_run(run) for run in evidence.runs],
    }
    jsonschema.validate(found, schema())
    return found


def schema() -> Json:
    """Return the JSON Schema of results.json."""
    text = resources.files(benchmarks.report).joinpath("results.schema.json").read_text("utf-8")
    loaded: Json = json.loads(text)
    return loaded


def _claim(judgement: Judgement) -> Json:
    claim = judgement.claim
    change = judgement.change
    return {
        "id": claim.id,
        "statement": claim.statement,
        "claimed": {"old": claim.old, "new": claim.new, "change": claim.change},
        "baseline": claim.baseline,
        "candidate": claim.candidate,
        "metric": claim.metric,
        "statistic": claim.statistic,
        "unit": claim.unit,
        "baseline_value": number(judgement.baseline.value if judgement.baseline else None),
        "candidate_value": number(judgement.candidate.value if judgement.candidate else None),
        "baseline_ci95": interval(judgement.baseline),
        "candidate_ci95": interval(judgement.candidate),
        "change_percent": number(change.value if change else None),
        "ci95": interval(change),
        "noise_percent": number(judgement.noise_percent),
        "repeats": list(judgement.repeats),
        "criteria": [_criterion(judged) for judged in judgement.criteria],
        "verdict": judgement.verdict.value,
        "why": judgement.why,
        "note": claim.note,
    }


def _criterion(judged: Judged) -> Json:
    return {
        "of": judged.criterion.of,
        "at_most": judged.criterion.at_most,
        "at_least": judged.criterion.at_least,
        "value": number(judged.seen.value),
        "ci95": interval(judged.seen),
        "outcome": judged.outcome.value,
    }


def _figure(seen: Seen) -> Json:
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


def _capacities(evidence: Evidence) -> list[Json]:
    servers = {run.server: run.transport for run in evidence.runs}
    return [
        {
            "server": server,
            "transport": transport,
            "limit_ms": capacity_limit_ms(transport),
            "repeat": repeat,
            "users": found.users,
            "at_least": found.at_least,
            "stopped_by": found.stopped_by,
        }
        for server, transport in servers.items()
        for repeat, found in capacities(evidence, server).items()
    ]


def _run(run: Run) -> Json:
    reasons = invalid_because(run)
    record: Json = {
        "server": run.server,
        "transport": run.transport,
        "scenario": run.window.scenario,
        "phase": run.window.phase,
        "users": run.window.users,
        "repeat": run.repeat,
        "valid": not reasons,
        "invalid_because": reasons,
        "faults": run.faults,
        "room_size": run.window.room_size,
        "seconds": round(run.seconds, 3),
        "operations": run.operations,
        "errors": dict(run.errors),
        "cpu_seconds": _by_role(run.usage.cpu_seconds),
        "pss_mib": _by_role(run.usage.pss_mib),
        "generator": {
            "cpu_percent": round(run.health.cpu_percent, 1),
            "loop_lag_ms_p99": round(run.health.loop_lag_ms_p99, 2),
            "schedule_slip_ms_p99": round(run.health.schedule_slip_ms_p99, 2),
        },
    }
    if run.deliveries:
        record |= _deliveries(run)
    if run.window.scenario == "http":
        record["requests"] = {
            name: {
                "per_second": round(len(durations) / run.seconds, 1),
                "latency_ms": percentiles(durations),
            }
            for name, durations in run.requests.items()
        }
        record["failed_requests"] = run.failed_requests
    return record


def _deliveries(run: Run) -> Json:
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
        "deliveries_per_second": round(seen.received / run.seconds, 1),
        "latency_ms": percentiles(seen.latencies_ms),
        "latency_from_send_ms": percentiles(seen.since_sent_ms),
        "acknowledgement_ms": percentiles(seen.ack_ms),
    }


def _by_role(values: dict[str, float]) -> Json:
    return {role: round(value, 3) for role, value in values.items()} | {
        "total": round(sum(values.values()), 3)
    }
