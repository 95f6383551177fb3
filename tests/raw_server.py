"""A server that answers every request with the same bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class RawServer:
    """A running server: its port, and the requests that it has answered."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return its address as ``HOST:PORT``."""
        return f"127.0.0.1:{self.port}"


@contextmanager
def answering(answer: bytes) -> Iterator[RawServer]:
    """Run a server that sends the given bytes and closes the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = RawServer(listening.getsockname()[1])

        def serve() -> None:
            while True:
                connection, _ = listening.accept()
                with connection:
                    request = connection.recv(4096)
                    if not request:  # the end of the context
                        return
                    server.requests.append(request)
                    connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server
        finally:
            socket.create_connection(("127.0.0.1", server.port)).close()
            thread.join()
