"""A relay between a crowd and its server that lets one connection read slowly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.generator.users import Place

CHUNK = 512
"""Bytes that the slow connection reads at once; a message is about as long."""


class Relay:
    """Copies bytes both ways; what goes to the first connection waits before each chunk."""

    def __init__(self, server: Place, wait: float) -> None:
        self._server = server
        self._wait = wait
        self._is_first = True
        self._tasks: set[asyncio.Task[None]] = set()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wait, self._is_first = (self._wait if self._is_first else 0.0), False
        # A small buffer: what is not read in time stays with the server.
        up, down = await asyncio.open_connection(self._server.host, self._server.port, limit=CHUNK)
        for source, sink, pause in ((reader, down, 0.0), (up, writer, wait)):
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
            while data := await source.read(CHUNK if pause else 1 << 16):
                await asyncio.sleep(pause)
                sink.write(data)
                await sink.drain()
        except ConnectionError:
            pass
        finally:
            sink.close()


@asynccontextmanager
async def slow_reader(server: Place, wait: float) -> AsyncIterator[Place]:
    """Yield a place at which the server is reached; the first to come reads slowly."""
    relay = Relay(server, wait)
    listening = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    try:
        yield Place("127.0.0.1", (listening.sockets[0].getsockname()[1],))
    finally:
        await relay.close()
        listening.close()
        await listening.wait_closed()
