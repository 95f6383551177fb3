"""Gunicorn with its own ASGI worker, which runs on uvloop and implements WebSockets itself."""

from benchmarks.servers.asgi import asgi_server

SERVER = asgi_server(
    "gunicorn-asgi",
    "Gunicorn's ASGI worker on uvloop",
    "gunicorn",
    "--worker-class=asgi",
    "--asgi-loop=uvloop",
    "--bind={host}:{port}",
    "--log-level=warning",
)
