"""Build complete results like those of results.json, from a verdict for each claim and way."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from benchmarks.measure.validity import THRESHOLDS

WAYS = ("gunicorn", "gunicorn-gthread", "daphne", "daphne-tuned", "split")
BASELINE, CANDIDATE = "gunicorn", "daphne"
TRANSPORTS = {
    "gunicorn": "polling",
    "gunicorn-gthread": "long-poll",
    "daphne": "websocket",
    "daphne-tuned": "websocket",
    "split": "websocket",
}
VERDICTS = (
    *("reproduced", "exceeded", "partly", "not reproduced", "contradicted", "at the limit"),
    *("inconclusive", "invalid"),
)

OUTCOMES = {
    "exceeded": "exceeded",
    "partly": "falls short",
    "at the limit": "at the limit",
    "not reproduced": "missed",
    "contradicted": "opposite",
}
"""The outcome of the criteria of an answer, by its verdict; for other verdicts they are met."""

CLAIMS: dict[str, dict[str, Any]] = {
    "delivery-latency": {
        "statement": "Messages are delivered in under 100 ms instead of 2 to 5 s: "
        "95 % less or better",
        "claimed": {"old": "2 to 5 s", "new": "under 100 ms", "change": "95 % or more"},
        "metric": "delivery",
        "statistic": "p99",
        "unit": "ms",
        "values": (4700.0, 300.0, 60.0, 11.0, 12.0),
        "criteria": [
            {"of": "change", "at_most": -95.0, "at_least": None, "zone": [-96.0, -94.0]},
            {"of": "candidate", "at_most": 1.0, "at_least": None, "zone": [0.5, 2.0]}
            | {"later_than": 100.0},
        ],
    },
    "memory": {
        "statement": "Memory use falls by 30 %",
        "claimed": {"old": "high", "new": "medium", "change": "-30 %"},
        "metric": "memory",
        "unit": "MiB",
        "values": (217.0, 120.0, 142.0, 131.0, 260.0),
        "criteria": [{"of": "change", "at_most": -30.0, "at_least": None, "zone": None}],
    },
    "cpu": {
        "statement": "CPU use falls by 25 %",
        "claimed": {"old": "medium", "new": "low", "change": "-25 %"},
        "metric": "cpu",
        "unit": "CPU s/1,000",
        "values": (1.41, 0.82, 0.496, 0.31, 0.35),
        "criteria": [{"of": "change", "at_most": -25.0, "at_least": None, "zone": None}],
    },
    "concurrency": {
        "statement": "500 or more concurrent users instead of 50 to 100: 400 % more",
        "claimed": {"old": "50 to 100", "new": "500+", "change": "+400 %"},
        "metric": "capacity",
        "unit": "users",
        "values": (956.0, 1100.0, 1396.0, 2900.0, 3100.0),
        "criteria": [{"of": "change", "at_most": None, "at_least": 400.0, "zone": None}],
    },
    "websocket": {
        "statement": "WebSocket is supported, where it was not",
        "claimed": {"old": "no", "new": "yes", "change": "new"},
        "metric": "websocket",
        "unit": "",
        "values": (0.0, 0.0, 1.0, 1.0, 1.0),
        "criteria": [],
    },
    "throughput": {
        "statement": "Overall performance, as speed of the server, is 40 to 60 % better",
        "claimed": {"old": "", "new": "", "change": "+40 to 60 %"},
        "metric": "throughput",
        "unit": "req/s",
        "values": (170.0, 190.0, 122.0, 140.0, 168.0),
        "criteria": [{"of": "change", "at_most": None, "at_least": 40.0, "zone": None}],
    },
}
USUAL = {
    "delivery-latency": "reproduced",
    "memory": "reproduced",
    "cpu": "exceeded",
    "concurrency": "partly",
    "websocket": "reproduced",
    "throughput": "contradicted",
}


def build_results(
    verdicts: Mapping[str, str | Mapping[str, str]] | None = None,
    *,
    ways: tuple[str, ...] = WAYS,
    complete: bool = True,
    target: str = "",
    starts: int = 3,
) -> dict[str, Any]:
    """Return results in which claims have these verdicts: one for all ways, or one for each way.

    Claims without a verdict here have their usual one. ``ways`` are those that were measured.
    """
    wanted = {**USUAL, **(verdicts or {})}
    return {
        "schema": 2,
        "run_id": "20261129-120000-standard",
        "profile": "standard",
        "complete": complete,
        "stopped_by": "" if complete else "Ctrl-C",
        "seconds": 801.2,
        "rounds": starts,
        "parameters": {"users": 500, "room_size": 20, "messages_per_user": 0.05},
        "environment": _environment(target),
        "claims": [
            _claim(name, fields, wanted[name], ways, starts) for name, fields in CLAIMS.items()
        ],
        "capacity": [
            _capacity(server, repeat) for server in ways for repeat in range(1, starts + 1)
        ],
        "fanout": {
            "limit_ms": 100.0,
            "reference_rate": 10000.0,
            "failures": 2,
            "client_crosscheck": None,
            "servers": [],
            "repeats": [],
        },
        "figures": [],
        "absent": [{"server": "ws", "why": "Node is not installed"}],
        "deaths": [],
        "runs": [
            _window(server, repeat, number)
            for server in ways
            for repeat in range(1, starts + 1)
            for number in range(2)
        ],
        "timeline": [
            {"server": "daphne", "activity": "delivery", "seconds": 61.5},
            {"server": "gunicorn", "activity": "wait for late deliveries", "seconds": 44.0},
        ],
        "servers": {
            server: {
                "command": ["python", "-m", server, "--bind", "127.0.0.1:0"],
                "environment": {"DJANGO_SETTINGS_MODULE": "reference_app.config.settings"},
                "taken_out": ["GUNICORN_CMD_ARGS"],
            }
            for server in ways
        },
        "thresholds": [asdict(threshold) for threshold in THRESHOLDS],
        "recorded_without": [],
    }


def with_answer(results: dict[str, Any], claim: str, server: str, **fields: Any) -> dict[str, Any]:
    """Return a copy of results in which one answer has these fields."""
    changed = copy.deepcopy(results)
    (found,) = [one for one in changed["claims"] if one["id"] == claim]
    (answer,) = [one for one in found["answers"] if one["server"] == server]
    answer.update(fields)
    return changed


def _claim(
    name: str,
    fields: dict[str, Any],
    wanted: str | Mapping[str, str],
    ways: tuple[str, ...],
    starts: int,
) -> dict[str, Any]:
    verdicts = {
        way: wanted if isinstance(wanted, str) else wanted.get(way, USUAL[name]) for way in WAYS
    }
    return {
        "id": name,
        "statement": fields["statement"],
        "claimed": fields["claimed"],
        "metric": fields["metric"],
        "statistic": fields.get("statistic", "mean"),
        "unit": fields["unit"],
        "baseline": BASELINE,
        "candidate": CANDIDATE,
        "note": "As the test says.",
        "rests_on": fields["metric"],
        "verdict": verdicts[CANDIDATE],
        "why": "The builder says so.",
        "answers": [
            _answer(fields, way, verdicts[way], starts if way in ways else 0) for way in WAYS
        ],
        "control": _control() if fields["unit"] else None,
    }


def _control() -> dict[str, Any]:
    return {
        "change_percent": 1.2,
        "ci95": [-2.0, 4.4],
        "ci95_unbounded": False,
        "downgraded": False,
    }


def _answer(fields: dict[str, Any], way: str, verdict: str, starts: int) -> dict[str, Any]:
    old, value = fields["values"][0], fields["values"][WAYS.index(way)]
    is_compared = way != BASELINE and bool(fields["unit"]) and bool(starts)
    percent = (value - old) / old * 100 if is_compared else None
    interval = [percent - 4, percent + 4] if percent is not None else None
    role = {BASELINE: "baseline", CANDIDATE: "candidate"}.get(way, "comparison")
    return {
        "server": way,
        "role": role,
        "value": value if starts else None,
        "ci95": [value * 0.9, value * 1.1] if starts else None,
        "change_percent": percent,
        "change_ci95": interval,
        "verdict": None if way == BASELINE else verdict if starts else "inconclusive",
        "why": "The builder says so." if starts else "It was not measured.",
        "starts": starts,
        "windows": starts * 4,
        "left_out": [],
        "value_unbounded": False,
        "bound": "",
        "ci95_unbounded": False,
        "change_bound": "",
        "change_unbounded": False,
        "change_ci95_unbounded": False,
        "downgraded": False,
        "holm": {"rank": 1, "of": len(CLAIMS), "level": 0.01},
        "p_value": 0.001 if starts else None,
        "criteria": [
            {
                "later_than": None,
                **criterion,
                "value": percent if criterion["of"] == "change" else 0.4,
                "ci95": interval if criterion["of"] == "change" else [0.2, 0.7],
                "value_unbounded": False,
                "ci95_unbounded": False,
                "outcome": OUTCOMES.get(verdict, "met"),
                "p_value": 0.001,
            }
            for criterion in fields["criteria"]
            if is_compared
        ],
    }


def _environment(target: str) -> dict[str, Any]:
    return {
        "cpu": "AMD EPYC",
        "cores": 2,
        "memory_gib": 23.5,
        "kernel": "Linux 6.18",
        "virtualisation": "virtual machine",
        "python": "3.11.7",
        "versions": {"django": "5.2.19"},
        "database": "sqlite",
        "redis": "embedded Valkey",
        "git_revision": "6f82544c14a7",
        "pinning": {"server_and_redis": [0], "generators": [1]},
        "limits": {"open_files": 20000},
        "load_before": [0.1, 0.1, 0.1],
    } | ({"target": target} if target else {})


def _capacity(server: str, repeat: int) -> dict[str, Any]:
    users = int(CLAIMS["concurrency"]["values"][WAYS.index(server)]) // 20 * 20
    return {
        "server": server,
        "transport": TRANSPORTS[server],
        "limit_ms": 1000.0,
        "repeat": repeat,
        "users": users + 20 * repeat,
        "failed_at": None if server == "split" else users + 400,
        "at_least": server == "split",
        "at_most": False,
        "stopped_by": "no step failed"
        if server == "split"
        else f"at {users + 400} users: 12 of 380 deliveries did not come in time",
    }


def _window(server: str, repeat: int, number: int) -> dict[str, Any]:
    place = WAYS.index(server)
    redis = {"redis": 9.0} if TRANSPORTS[server] == "websocket" else {}
    memory = {"server": float(CLAIMS["memory"]["values"][place]) - sum(redis.values()), **redis}
    is_valid = (server, repeat, number) != ("daphne", 2, 1)
    p99 = (4700.0, 300.0, 60.0, 11.0, 12.0)[place] + number
    return {
        "server": server,
        "transport": TRANSPORTS[server],
        "scenario": "delivery",
        "phase": "loaded",
        "users": 500,
        "repeat": repeat,
        "arm": "",
        "valid": is_valid,
        "invalid_because": [] if is_valid else ["generator's event loop lagged 37 ms (p99)"],
        "usage_refused_because": [],
        "faults": ["2 deliveries out of order"] if number else [],
        "room_size": 20,
        "seconds": 5.0,
        "operations": 150,
        "errors": {},
        "cpu_seconds": {"server": 1.2, **redis, "total": 1.2 + sum(redis.values())},
        "pss_mib": {**memory, "total": sum(memory.values())},
        "generator": {
            "cpu_percent": 12.5,
            "loop_lag_ms_p99": 1.9,
            "longest_pause_ms": 4.2,
            "schedule_slip_ms_p99": 2.1,
        },
        "server_share": 0.24,
        "processors": [
            _processors("server", 0, 1.3),
            _processors("generators", 1, 0.6),
        ],
        "sent": 125,
        "expected": 2375,
        "received": 2375,
        "lost": 0,
        "duplicated": 0,
        "reordered": 2 * number,
        "recovered": 0,
        "deliveries_per_second": 475.0,
        "early": 0,
        "unexpected": 0,
        "latency_ms": {
            "p50": p99 / 3,
            "p90": p99 / 2,
            "p99": p99,
            "p999": p99 * 2,
            "max": p99 * 3,
            "unbounded": False,
        },
        "latency_from_send_ms": None,
        "acknowledgement_ms": None,
    }


def _processors(side: str, cpu: int, used: float) -> dict[str, Any]:
    return {
        "side": side,
        "cpus": [cpu],
        "busy_seconds": used + 0.1,
        "used_seconds": used,
        "stolen_seconds": 0.0,
    }


def death(server: str = "daphne", start: int = 2, **fields: Any) -> dict[str, Any]:
    """Return the record of a server process that ended by itself."""
    return {
        "server": server,
        "arm": "",
        "start": start,
        "scenario": "delivery",
        "how": "process 1 of 1 was ended by SIGKILL",
        "log": "logs/04-daphne.log",
        "left_out": [],
        **fields,
    }
