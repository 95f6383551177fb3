"""The peer on Node's WebSocket library ws."""

from functools import partial

from benchmarks.peers import node
from benchmarks.servers.base import Part, Server

SERVER = Server(
    name="ws",
    summary="peer: a bare broadcast on Node's ws, no application",
    transport="websocket",
    parts=(Part(partial(node.command, "ws.cjs")),),
    needs_redis=False,
    environment=node.environment(),
    role="bare",
    obtain=node.obtain,
)
