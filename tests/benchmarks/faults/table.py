"""The table of faults in docs/benchmark.md, made from what the tests declare."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import tests.benchmarks.faults
from reference_app.runtime.environment import ROOT
from tests.benchmarks.faults.registry import FAULTS

DOCUMENT = ROOT / "docs" / "benchmark.md"
BEGIN = "<!-- faults: made by `python -m tests.benchmarks.faults` -->"
END = "<!-- end of faults -->"


def load_all() -> None:
    """Import every module of tests, each of which declares its faults."""
    for module in pkgutil.iter_modules(tests.benchmarks.faults.__path__):
        name = f"{tests.benchmarks.faults.__name__}.{module.name}"
        if module.name.startswith("test_") and name not in sys.modules:
            importlib.import_module(name)


def table() -> str:
    """Return the table in Markdown."""
    rows = ["| fault | injected | caught by |", "|---|---|---|"]
    rows += [
        f"| {one.name} | {one.injected} | {one.caught_by} |"
        for one in sorted(FAULTS.values(), key=lambda one: one.name)
    ]
    return "\n".join(rows)


def with_table(text: str) -> str:
    """Return a document with the table of today between its markers."""
    before, rest = text.split(BEGIN)
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"
