"""The registry of transports: one for each module of this package that defines TRANSPORT."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import benchmarks.transports
from benchmarks.errors import BadRequest
from benchmarks.transports.base import Transport


@cache
def transports() -> dict[str, Transport]:
    """Return the transports by their name in the raw data."""
    modules = (
        import_module(f"benchmarks.transports.{module.name}")
        for module in iter_modules(benchmarks.transports.__path__)
    )
    found = (module.TRANSPORT for module in modules if hasattr(module, "TRANSPORT"))
    return {transport.name: transport for transport in found}


def find_transport(name: str) -> Transport:
    """Return a transport by name.

    Raises:
        BadRequest: there is no transport of that name.
    """
    known = transports()
    if name not in known:
        raise BadRequest(f"Unknown transport {name!r}: there are {', '.join(sorted(known))}.")
    return known[name]
