"""The migration write-up's new server: Daphne, Redis channel layer, plain Channels consumers.

See docs/benchmark.md.
"""

from benchmarks.servers.base import Part, Server
from reference_app.serving import commands

SERVER = Server(
    name="daphne",
    summary="Daphne, channels_redis core layer, plain Channels consumers, WebSocket",
    transport="websocket",
    parts=(Part(commands.daphne, uses_one_processor=True),),
    needs_redis=True,
    environment={"FAWRAN_FANOUT": "socket", "CHANNEL_LAYER": "core"},
)
