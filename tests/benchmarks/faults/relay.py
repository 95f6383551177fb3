"""A relay between a crowd and its server, in which one connection reads slowly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.generator.users import Place

CHUNK_BYTES = 512
"""Size of one read of the slow connection; a message is about as long."""


class Relay:
    """Copies bytes in both directions, to the first client with a pause before each chunk."""

    def __init__(self, server: Place, pause_seconds: float) -> None:
        self._server = server
        self._pause_seconds = pause_seconds
        self._is_first = True
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        down_pause, self._is_first = (self._pause_seconds if self._is_first else 0.0), False
        # The buffer is small, so that data that is not read in time stays in the server.
        server_reader, server_writer = await asyncio.open_connection(
            self._server.host, self._server.port, limit=CHUNK_BYTES
        )
        for source, sink, pause in (
            (reader, server_writer, 0.0),
            (server_reader, writer, down_pause),
        ):
            task = asyncio.create_task(self._copy(source, sink, pause))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _copy(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, pause: float
    ) -> None:
        try:
            while data := await source.read(CHUNK_BYTES if pause else 1 << 16):
                await asyncio.sleep(pause)
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()


@asynccontextmanager
async def slow_reader(server: Place, wait: float) -> AsyncIterator[Place]:
    """Yield a place that relays to the server; the first client that connects reads slowly.

    ``wait`` is the pause before each of its reads, in seconds.
    """
    relay = Relay(server, wait)
    listening = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    try:
        yield Place("127.0.0.1", (listening.sockets[0].getsockname()[1],))
    finally:
        await relay.close()
        listening.close()
        await listening.wait_closed()
