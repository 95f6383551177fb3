"""Two servers as behind one proxy: Gunicorn for pages and API, the tuned Daphne for sockets.

There is no proxy: the load generator divides the traffic by port, where a proxy would divide it
by path. Pages have no HTTP/2 here because Gunicorn does not support it; a proxy would offer it.
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
