"""The best old server without WebSockets: Gunicorn with threads and keep-alive, long polls."""

from benchmarks.servers.base import Part, Server
from reference_app.serving import commands

SERVER = Server(
    name="gunicorn-gthread",
    summary="Gunicorn, 3 workers with 300 threads each, keep-alive, the page polls long",
    transport="long-poll",
    parts=(Part(commands.threaded_gunicorn),),
    needs_redis=False,
    role="comparison",
)
