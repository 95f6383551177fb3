"""The memory that many sockets leave behind and that slow ones may use, on a real server."""

from __future__ import annotations

import asyncio
import base64
import gc
import os
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
import redis

from reference_app.serving import commands
from reference_app.serving.processes import free_port
from tests.served import Site, scrape_metrics, served, value

CONNECTS = 20_000
WARM_UP = 8_000
"""Connects after which the process has reached its highest memory: it was seen to grow by 7 MiB
until then, and not at all in the 16,000 that followed."""

AT_ONCE = 40
SLOW = 100
LONG = "ي" * 4000


@asynccontextmanager
async def raw_socket(
    site: Site, who: int, buffer: int = 0
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Open a WebSocket by hand and read its first frame; abort the connection afterwards."""
    plain = socket.socket()
    if buffer:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    plain.setblocking(False)
    await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", site.ports[0]))
    reader, writer = await asyncio.open_connection(sock=plain, limit=2048)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET /ws/chat/ HTTP/1.1\r\nHost: 127.0.0.1:{site.ports[0]}\r\n"
        f"Origin: {site.url}\r\nCookie: sessionid={site.cookies[who]}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    try:
        await reader.readuntil(b'"welcome"')
        yield reader, writer
    finally:
        writer.transport.abort()


async def resources_held(site: Site, port: int) -> tuple[float, float, int, int, float]:
    """Return what is held once every socket is closed: tasks, keys, channels, files, MiB."""
    async with asyncio.timeout(60):
        while value(await scrape_metrics(port), "fawran_sockets_open"):
            pass
        await asyncio.sleep(2)  # Daphne forgets a connection in its next round, a second later
        seen = await scrape_metrics(port)
    server = psutil.Process(site.children[0].pid)
    with redis.Redis.from_url(site.valkey.url) as client:
        groups = len(client.pubsub_channels("*"))
        keys = client.dbsize()
    memory = server.memory_full_info().pss / 2**20
    return value(seen, "fawran_tasks"), keys, groups, server.num_fds(), memory


def collecting(host: str, port: int) -> list[str]:
    """Return the command that collects garbage each second, so that none counts as a leak."""
    return commands.tuned_daphne(host, port, None, "--collect-every", "1")


@pytest.mark.long
@pytest.mark.alone
async def test_20000_connects_and_abrupt_losses_leave_nothing_behind(tmp_path: Path) -> None:
    port = free_port()
    with served(collecting, tmp_path, AT_ONCE, FAWRAN_METRICS=f"127.0.0.1:{port}") as site:

        async def come_and_go(times: int, who: int) -> None:
            for _ in range(times):
                async with raw_socket(site, who):
                    pass

        async def crowd(total: int) -> None:
            each = total // AT_ONCE
            await asyncio.gather(*(come_and_go(each, who) for who in range(AT_ONCE)))

        await crowd(WARM_UP)
        before = await resources_held(site, port)
        await crowd(CONNECTS)
        after = await resources_held(site, port)
        accepted = value(await scrape_metrics(port), "fawran_sockets_accepted_total")
    assert accepted == CONNECTS + WARM_UP
    assert after[:4] == before[:4]
    # Under a quarter of a KiB for each connection; one that stayed open would hold 26 KiB.
    assert (after[4] - before[4]) * 1024 < CONNECTS / 4, "KiB"
    assert "Traceback" not in site.log.read_text(encoding="utf-8")


async def test_sockets_that_never_read_are_closed_and_the_others_miss_nothing(
    tmp_path: Path,
) -> None:
    port = free_port()
    with served(
        commands.tuned_daphne, tmp_path, SLOW + 2, FAWRAN_METRICS=f"127.0.0.1:{port}"
    ) as site:
        server = psutil.Process(site.children[0].pid)
        async with AsyncExitStack() as sockets:
            for who in range(SLOW):
                await sockets.enter_async_context(raw_socket(site, who, buffer=4096))
            ann = await sockets.enter_async_context(site.page(SLOW))
            bob = await sockets.enter_async_context(site.page(SLOW + 1))
            gc.collect()
            before = most = server.memory_info().rss
            seq = 0
            while value(await scrape_metrics(port), "fawran_sockets_open") > 2:
                for _ in range(20):
                    await ann.say(LONG, str(uuid4()))
                for _ in range(20):
                    seq += 1
                    assert (await bob.next_of("message"))["seq"] == seq
                    assert (await ann.next_of("message"))["seq"] == seq
                most = max(most, server.memory_info().rss)
                assert seq < 4000, "they are never closed"
            seen = await scrape_metrics(port)
    assert value(seen, "fawran_slow_sockets_total", outcome="closed") == SLOW
    # A frame that waits for a hundred sockets is stored once: not copied for each, at first.
    assert (most - before) / 2**20 < SLOW * 1.5
