"""The tuned Daphne with its metrics switched on: what counting costs."""

from benchmarks.servers.base import Server
from reference_app.serving import commands

SERVER = Server(
    name="daphne-metered",
    summary="daphne-tuned that counts for Prometheus, WebSocket",
    transport="websocket",
    command=commands.tuned_daphne,
    needs_redis=True,
    environment={"FAWRAN_FANOUT": "process"},
    role="fanout",
    drain_option="--drain-seconds",
    offers_metrics=True,
)
