"""This project's own serving: Daphne in the wrapper, one channel per process."""

from benchmarks.servers.base import Server
from reference_app.serving import commands
from reference_app.serving.commands import Certificate


def command(host: str, port: int, tls: Certificate | None = None) -> list[str]:
    """Return the argument list; when the session is over, nobody waits for it to drain."""
    return commands.tuned_daphne(host, port, tls, "--drain-seconds", "0")


SERVER = Server(
    name="daphne-tuned",
    summary="Daphne writing through, one channel per process, gathered storing, WebSocket",
    transport="websocket",
    command=command,
    needs_redis=True,
    environment={"FAWRAN_FANOUT": "process"},
    role="beside",
)
