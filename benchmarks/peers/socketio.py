"""The peer on Node's Socket.IO, which wraps the chat's protocol in a protocol of its own."""

from functools import partial

from benchmarks.peers import node
from benchmarks.servers.base import Part, Server

SERVER = Server(
    name="socket.io",
    summary="peer: a bare broadcast on Node's Socket.IO, no application",
    transport="websocket",
    parts=(Part(partial(node.command, "socketio.cjs")),),
    needs_redis=False,
    environment=node.environment(),
    role="bare",
    client="socket.io",
    obtain=node.obtain,
)
