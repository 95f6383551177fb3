"""This project's own serving: Daphne in the wrapper, one channel per process."""

from benchmarks.servers.base import Server
from reference_app.serving import commands

SERVER = Server(
    name="daphne-tuned",
    summary="Daphne writing through, one channel per process, gathered storing, WebSocket",
    transport="websocket",
    command=commands.tuned_daphne,
    needs_redis=True,
    environment={"FAWRAN_FANOUT": "process"},
    role="comparison",
    drain_option="--drain-seconds",
)
