"""Collect every reason that the measurement writes, by calling functions and reading code."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measure import capacity, fanout, figures, metrics, samples, validity
from benchmarks.measure.capacity import Step
from benchmarks.measure.fanout import Attempt
from benchmarks.measure.health import GeneratorHealth, Silence
from benchmarks.measure.metrics import Evidence
from benchmarks.measure.processors import MachineLoad, Side
from benchmarks.measure.runs import Run, Usage
from benchmarks.peers import node
from benchmarks.recording import GENERATOR_SIDE, SERVER_SIDE, Window
from benchmarks.run.deaths import Deaths
from reference_app.serving.processes import Child
from tests.benchmarks.measure.windows import run

FAILED_HEALTH = GeneratorHealth(95, 30, 40, 150, (Silence(2, 0.9, 0.9),))
FAULTY = {
    "unsent": 1,
    "unacknowledged": 2,
    "lost": 3,
    "duplicated": 4,
    "reordered": 5,
    "early": 6,
    "unexpected": 7,
}

DEATHS = ("process 1 of 1 was ended by SIGKILL", "process 2 of 3 ended with status 3")

Maker = Callable[..., Any]


def _list_functions(module: ModuleType) -> list[Maker]:
    found = [one for _name, one in inspect.getmembers(module, inspect.isfunction)]
    return [one for one in found if one.__module__ == module.__name__]


MAKERS: tuple[Maker, ...] = (
    *_list_functions(validity),
    Run.faults.fget,  # type: ignore[attr-defined]
    capacity.why_not,
    capacity.capacity,
    fanout.find_highest_rate,
    fanout._stop_at,
    fanout.client_crosscheck,
    fanout._compare_clients,
    fanout._describe_disagreements,
    metrics._split_by_validity,
    metrics._read_throughput,
    metrics._make_latencies,
    metrics._make_values,
    figures.collect,
    samples.Samples.too_few,
    Deaths.check,
    Child.ended_by,
    node._check_node,
    node._install,
    node.obtain,
)
"""The functions that write reasons."""

NO_REASONS = {
    "processor {}",
    "a processor (of {})",
    "{} %",
    "nothing was tried",
    "npm (?:error|ERR!) code (\\w+)",
    "status {}",
}
"""Texts in these functions that are not reasons."""


def spoiled_run(**fields: Any) -> Run:
    """Return a window in which the instrument failed and the server did everything wrong."""
    sides = (Side(SERVER_SIDE, (0,), 2, 1), Side(GENERATOR_SIDE, (1, 2), 3, 1))
    seen = run("delivery", "loaded", [5.0] * 100, **FAULTY)
    assert seen.deliveries is not None
    return replace(
        seen,
        deliveries=replace(seen.deliveries, slowest_first_ms=900.0),
        health=FAILED_HEALTH,
        load=MachineLoad(sides, {0: 0.7, 1: 0.0}, 0.5),
        usage=Usage({"server": -1.0, "redis": -0.5}, {}, 0.5, 2),
        **fields,
    )


def http_run(requests: dict[str, list[float]]) -> Run:
    window = Window(1, "http", "full", 10, 11, 0, 10**9, 2 * 10**9)
    found = {name: np.array(took) for name, took in requests.items()}
    seen = run("http", "full", [])
    return replace(seen, window=window, deliveries=None, requests=found, errors=Counter())


def steps() -> list[Step]:
    """Return a failed step of a capacity search for each kind of failure."""
    fine = Step(100, np.array([5.0] * 200), 100, 0, 0)
    return [
        replace(fine, latencies_ms=np.array([])),
        replace(fine, latencies_ms=np.array([1500.0] * 200)),
        replace(fine, latencies_ms=np.array([5.0] * 190 + [np.inf] * 10)),
        replace(fine, unacknowledged=3),
        replace(fine, errors=5, first_error="send: 503; no answer"),
        replace(fine, instrument=tuple(validity.invalid_because(spoiled_run()))),
    ]


def every_reason() -> list[str]:
    """Return the reasons that the functions of the measurement write if everything fails."""
    spoiled = spoiled_run()
    clients = [
        replace(run("client-crosscheck", name, [latency] * 100, lost=lost), server="null")
        for name, latency, lost in (("websocket", 5.0, 1), ("picows", 400.0, 0))
    ]
    crosscheck = fanout.client_crosscheck(Evidence(clients, pd.DataFrame()))
    assert crosscheck is not None
    limits = tuple(validity.invalid_because(spoiled))
    tries = [Attempt(1000.0, 900.0, 500.0, capacity.why_not(step, 1000)) for step in steps()[:5]]
    tries += [Attempt(1000.0, 900.0, 5.0, generator_limits=limits), Attempt(1000.0, 900.0, 5.0)]
    invalid = [Evidence([spoiled], pd.DataFrame()), Evidence([http_run({})], pd.DataFrame())]
    held = [fanout.find_highest_rate([one] * 3) for one in tries]
    return [
        *limits,
        *validity.invalid_because(http_run({})),
        *validity.invalid_because(http_run({"page": [-1.0, 2.0]})),
        *validity.usage_refused_because(replace(spoiled, deaths=DEATHS)),
        *validity.usage_refused_because(replace(spoiled, usage=Usage({}, {}))),
        *spoiled.faults,
        *(capacity.why_not(step, 1000) for step in steps()[:5]),
        *(capacity.capacity([step], 1000).stopped_by for step in steps()),
        capacity.capacity([], 1000).stopped_by,
        *(one.stopped_by for one in held),
        *crosscheck.disagreements,
        *fanout._describe_disagreements(Evidence(clients, pd.DataFrame())),
        *metrics.samples(invalid[0], "delivery", "null").left_out,
        *metrics.samples(invalid[1], "throughput", "null").left_out,
        *figures.collect(
            [spoiled], lambda _run: np.array([1.0]), validity.invalid_because
        ).left_out,
        *figures.collect([spoiled], lambda _run: np.array([]), lambda _run: []).left_out,
        samples.Values((1,), (), (1,), (1.0,)).too_few(3),
    ]


def skeletons_of(maker: Maker) -> set[str]:
    """Return the texts with spaces in the code of a function, with {} in place of each value."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(maker)))
    found = {text for node in _find_texts(tree) for text in _expand_text(node)}
    return {text for text in found if " " in text.strip() and text not in NO_REASONS}


def _find_texts(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield the string literals in code, without docstrings and parts of f-strings."""
    docstrings = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    joined = [one for one in ast.walk(tree) if isinstance(one, ast.JoinedStr)]
    inside = {id(part) for one in joined for part in ast.walk(one) if part is not one}
    for one in ast.walk(tree):
        is_text = isinstance(one, ast.JoinedStr | ast.Constant)
        if is_text and id(one) not in docstrings | inside:
            yield one  # type: ignore[misc]


def _expand_text(text: ast.expr) -> list[str]:
    """Return the texts that a string literal can give."""
    if isinstance(text, ast.Constant):
        return [text.value] if isinstance(text.value, str) else []
    assert isinstance(text, ast.JoinedStr)
    found = [""]
    for part in text.values:
        found = [before + after for before in found for after in _expand_part(part)]
    return found


def _expand_part(part: ast.expr) -> list[str]:
    if isinstance(part, ast.Constant):
        return [str(part.value)]
    assert isinstance(part, ast.FormattedValue)
    value, form = ast.unparse(part.value), part.format_spec
    if value == "name":
        return ["p50", "p99"]
    if value.startswith("percent("):
        return ["{} %"]
    if value.startswith("_name_processors("):
        return ["processor {}", "a processor (of {})"]
    return ["{}%"] if form and "%" in ast.unparse(form) else ["{}"]
