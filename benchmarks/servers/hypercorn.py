"""Hypercorn on uvloop; its WebSockets are implemented by wsproto."""

from benchmarks.servers.asgi import asgi_server

SERVER = asgi_server(
    "hypercorn",
    "Hypercorn on uvloop",
    "hypercorn",
    "--bind={host}:{port}",
    "--worker-class=uvloop",
    "--log-level=warning",
)
