"""The registry of scenarios: one for each module of this package that defines SCENARIO."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import benchmarks.scenarios
from benchmarks.errors import BadRequest
from benchmarks.scenarios.base import Scenario


def scenarios() -> dict[str, Scenario]:
    """Return the scenarios by name, in the order in which they run."""
    modules = (
        import_module(f"benchmarks.scenarios.{module.name}")
        for module in iter_modules(benchmarks.scenarios.__path__)
    )
    found = [module.SCENARIO for module in modules if hasattr(module, "SCENARIO")]
    return {scenario.name: scenario for scenario in sorted(found, key=lambda one: one.order)}


def find_scenario(name: str) -> Scenario:
    """Return a scenario by name.

    Raises:
        BadRequest: there is no scenario of that name.
    """
    known = scenarios()
    if name not in known:
        raise BadRequest(f"Unknown scenario {name!r}: there are {', '.join(known)}.")
    return known[name]
