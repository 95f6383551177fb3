"""A TCP proxy between a browser and a server, which can lose the bytes that pass through it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

CHUNK_BYTES = 1 << 16


class LossyProxy:
    """Copies bytes in both directions; while ``drops`` is set, it drops those of the client."""

    def __init__(self, server_url: str) -> None:
        self._server = urlsplit(server_url)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = []
        self._dropped_bytes = 0
        self._has_dropped = threading.Condition()
        self.drops = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address for the browser: the host name is the server's."""
        return f"http://{self._server.hostname}:{self._listening.getsockname()[1]}/"

    def wait_until_dropped(self, count: int, seconds: float) -> None:
        """Wait until so many bytes were dropped."""
        with self._has_dropped:
            assert self._has_dropped.wait_for(lambda: self._dropped_bytes >= count, seconds)

    def close(self) -> None:
        """Close all connections, which ends the threads."""
        for one in (self._listening, *self._sockets):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection((self._server.hostname, self._server.port))
            self._sockets += [client, server]
            for source, sink in ((client, server), (server, client)):
                is_up = source is client
                threading.Thread(target=self._copy, args=(source, sink, is_up), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        with contextlib.suppress(OSError):  # either side has closed its connection
            while data := source.recv(CHUNK_BYTES):
                if is_up and self.drops.is_set():
                    self._drop(data)
                else:
                    sink.sendall(data)
        with contextlib.suppress(OSError):
            sink.shutdown(socket.SHUT_RDWR)

    def _drop(self, data: bytes) -> None:
        with self._has_dropped:
            self._dropped_bytes += len(data)
            self._has_dropped.notify_all()


@contextmanager
def lossy_proxy(server_url: str) -> Iterator[LossyProxy]:
    """Run a proxy in front of a server."""
    proxy = LossyProxy(server_url)
    try:
        yield proxy
    finally:
        proxy.close()
