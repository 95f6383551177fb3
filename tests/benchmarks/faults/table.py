"""Generate the table of faults in docs/benchmark.md from the declarations of the tests."""

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
    """Import every test module of this package, so that each declares its faults."""
    for module in pkgutil.iter_modules(tests.benchmarks.faults.__path__):
        name = f"{tests.benchmarks.faults.__name__}.{module.name}"
        if module.name.startswith("test_") and name not in sys.modules:
            importlib.import_module(name)


def table() -> str:
    """Return the table in Markdown."""
    rows = ["| fault | injected | caught by |", "|---|---|---|"]
    rows += [
        f"| {fault.name} | {fault.injected} | {fault.caught_by} |"
        for fault in sorted(FAULTS.values(), key=lambda fault: fault.name)
    ]
    return "\n".join(rows)


def with_table(text: str) -> str:
    """Return the text of a document with the current table between its markers."""
    before, rest = text.split(BEGIN)
    _old, after = rest.split(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"
