"""The registry of servers: one for each module, here or in peers/, that defines SERVER."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import benchmarks.peers
import benchmarks.servers
from benchmarks.errors import BadRequest
from benchmarks.servers.base import Server


def servers() -> dict[str, Server]:
    """Return the servers by name."""
    modules = (
        import_module(f"{package.__name__}.{module.name}")
        for package in (benchmarks.servers, benchmarks.peers)
        for module in iter_modules(package.__path__)
    )
    found = (module.SERVER for module in modules if hasattr(module, "SERVER"))
    return {server.name: server for server in found}


def find_server(name: str) -> Server:
    """Return a server by name.

    Raises:
        BadRequest: there is no server of that name.
    """
    known = servers()
    if name not in known:
        raise BadRequest(f"Unknown server {name!r}: there are {', '.join(sorted(known))}.")
    return known[name]
