"""This project's tuned Daphne: Daphne in a wrapper, with one channel per process."""

from benchmarks.servers.base import Part, Server
from reference_app.serving import commands

SERVER = Server(
    name="daphne-tuned",
    summary="Daphne writing through, one channel per process, gathered storing, WebSocket",
    transport="websocket",
    parts=(Part(commands.tuned_daphne, uses_one_processor=True, drain_option="--drain-seconds"),),
    needs_redis=True,
    environment={"FAWRAN_FANOUT": "process"},
    role="comparison",
)
