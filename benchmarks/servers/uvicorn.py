"""Uvicorn on uvloop and httptools; its WebSockets are implemented by `websockets`."""

from benchmarks.servers.asgi import asgi_server

SERVER = asgi_server(
    "uvicorn",
    "Uvicorn on uvloop",
    "uvicorn",
    "--host={host}",
    "--port={port}",
    "--loop=uvloop",
    "--ws=websockets-sansio",
    "--lifespan=off",
    "--no-access-log",
    "--log-level=warning",
)
