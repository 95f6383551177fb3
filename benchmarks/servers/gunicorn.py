"""The migration write-up's old server: Gunicorn, three synchronous workers, pages that poll.

See docs/benchmark.md.
"""

from benchmarks.servers.base import Part, Server
from reference_app.serving import commands

SERVER = Server(
    name="gunicorn",
    summary="Gunicorn, 3 sync workers, the page polls every 2 to 5 s",
    transport="polling",
    parts=(Part(commands.gunicorn),),
    needs_redis=False,
)
