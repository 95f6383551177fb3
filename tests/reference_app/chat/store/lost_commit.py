"""A relay in front of PostgreSQL that loses the answer to one COMMIT, as a crash would."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

COMMIT = b"COMMIT\0"
"""The statement, as it is in the messages of PostgreSQL's protocol."""


@dataclass
class Relay:
    """Copies bytes both ways; if it is armed, the next COMMIT takes effect without an answer."""

    host: str
    port: int
    url: str = ""
    is_armed: bool = False

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until either side closes it."""
        server_reader, server_writer = await asyncio.open_connection(self.host, self.port)
        back = asyncio.create_task(_copy(server_reader, writer))
        try:
            while data := await reader.read(1 << 16):
                loses_answer = self.is_armed and COMMIT in data
                if loses_answer:
                    self.is_armed = False
                    back.cancel()
                    await asyncio.wait([back])
                server_writer.write(data)
                if loses_answer:
                    await server_reader.read(1)  # committed
                    break
        except ConnectionError:
            pass
        finally:
            back.cancel()
            for one in (server_writer, writer):
                one.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def relay_to(url: str) -> AsyncIterator[Relay]:
    """Yield a relay to the database at a URL."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    relay = Relay(parts.hostname, parts.port)
    listening = await asyncio.start_server(relay.accept, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    relay.url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{port}").geturl()
    try:
        yield relay
    finally:
        listening.close()
