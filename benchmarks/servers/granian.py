"""Granian: HTTP and WebSockets are implemented in Rust, the application runs on uvloop."""

from benchmarks.servers.asgi import asgi_server

SERVER = asgi_server(
    "granian",
    "Granian on uvloop",
    "granian",
    "--interface=asginl",
    "--host={host}",
    "--port={port}",
    "--loop=uvloop",
    "--ws",
    "--log-level=warning",
)
