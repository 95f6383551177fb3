"""Both servers behind one proxy: pages and API by Gunicorn, sockets by the tuned Daphne.

What a proxy would divide by path, the load generator divides by port. The pages have no
HTTP/2 here because Gunicorn has none; a proxy in front would offer it.
"""

from benchmarks.servers.base import Part, Server
from reference_app.serving import commands

SERVER = Server(
    name="split",
    summary="Gunicorn's 3 sync workers for pages and API (HTTP/2 is left to a proxy), "
    "daphne-tuned for /ws/",
    transport="websocket",
    parts=(
        Part(commands.gunicorn, serves="requests"),
        Part(
            commands.tuned_daphne,
            serves="sockets",
            uses_one_processor=True,
            drain_option="--drain-seconds",
        ),
    ),
    needs_redis=True,
    environment={"FAWRAN_FANOUT": "process"},
    role="comparison",
)
