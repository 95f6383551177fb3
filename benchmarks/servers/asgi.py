"""The definition of other ASGI servers that run the application with this project's fan-out."""

from __future__ import annotations

import sys

from benchmarks.servers.base import Part, Server
from reference_app.serving.commands import Certificate

APPLICATION = "reference_app.config.asgi:application"


def asgi_server(name: str, summary: str, module: str, *options: str) -> Server:
    """Return an ASGI server that serves the application from one process.

    ``options`` are those of ``python -m module``; ``{host}`` and ``{port}`` in them are replaced
    by the address. These servers are not measured with TLS.
    """

    def command(host: str, port: int, _tls: Certificate | None = None) -> list[str]:
        formatted = [option.format(host=host, port=port) for option in options]
        return [sys.executable, "-m", module, *formatted, APPLICATION]

    return Server(
        name=name,
        summary=f"{summary}, one channel per process, gathered storing, WebSocket",
        transport="websocket",
        parts=(Part(command, uses_one_processor=True),),
        needs_redis=True,
        environment={"FAWRAN_FANOUT": "process"},
        role="fanout",
    )
