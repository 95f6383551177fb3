"""The tuned Daphne with its metrics switched on, to measure what the metrics cost."""

from benchmarks.servers.base import Part, Server
from reference_app.serving import commands

SERVER = Server(
    name="daphne-metered",
    summary="daphne-tuned that counts for Prometheus, WebSocket",
    transport="websocket",
    parts=(Part(commands.tuned_daphne, uses_one_processor=True, drain_option="--drain-seconds"),),
    needs_redis=True,
    environment={"FAWRAN_FANOUT": "process"},
    role="fanout",
    offers_metrics=True,
)
