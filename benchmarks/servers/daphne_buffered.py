"""The tuned Daphne without its write-through transport, to measure the effect of that alone."""

from benchmarks.servers.base import Part, Server
from reference_app.serving import commands
from reference_app.serving.commands import Certificate


def command(host: str, port: int, tls: Certificate | None = None) -> list[str]:
    """Return the argument list."""
    return commands.tuned_daphne(host, port, tls, "--no-write-through")


SERVER = Server(
    name="daphne-buffered",
    summary="daphne-tuned with Twisted's own buffering in place of writing through, WebSocket",
    transport="websocket",
    parts=(Part(command, uses_one_processor=True, drain_option="--drain-seconds"),),
    needs_redis=True,
    environment={"FAWRAN_FANOUT": "process"},
    role="fanout",
)
