"""Bounded reading: a client that sends without a pause neither blocks others nor fills memory."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import signal
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import psutil
import pytest

from reference_app.serving import commands
from reference_app.serving.certificate import self_signed
from tests.served import Site, served, wait_for_end

MESSAGES = 20
CHUNK_FRAMES = 200
MOST_ACCEPTED_BYTES = 32 << 20
"""More than the kernel's buffers of a connection; a server that reads on exceeds it in seconds."""
MOST_GROWTH_BYTES = 64 << 20

TEXT, PING, PONG, CONTINUATION = 0x81, 0x89, 0x8A, 0x00
FRAGMENT_BEGINS = 0x01


def frame(opcode: int, text: str = "") -> bytes:
    """Return a frame of a client (RFC 6455, section 5.2), masked by zeros."""
    payload = text.encode()
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else struct.pack("!BH", 0x80 | 126, length)
    return bytes([opcode]) + size + bytes(4) + payload


ROOM = 1
"""The conversation that the site's people are in."""

FLOODS = {
    "typing": frame(TEXT, json.dumps({"type": "typing", "conversation": ROOM, "active": True})),
    "sync": frame(TEXT, json.dumps({"type": "sync", "cursor": ""})),
    "refused": frame(TEXT, "not a frame of the protocol"),
    "ping": frame(PING),
    "pong": frame(PONG),
    "fragment": frame(CONTINUATION),
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with served(tuned, tmp_path, 3) as found:
        yield found


def tuned(host: str, port: int) -> list[str]:
    return commands.tuned_daphne(host, port, None, "--drain-seconds", "0.5")


class Attacker:
    """A client that sends the same frame again and again, and reads nothing."""

    def __init__(self, writer: asyncio.StreamWriter, flood: str) -> None:
        self._writer = writer
        self._flood = flood
        self.accepted = 0

    async def attack(self) -> None:
        """Send until cancelled; count the bytes that the network has taken."""
        chunk = FLOODS[self._flood] * CHUNK_FRAMES
        self._writer.transport.set_write_buffer_limits(high=0)
        if self._flood == "fragment":
            self._writer.write(frame(FRAGMENT_BEGINS, "x"))
        while True:
            self._writer.write(chunk)
            await self._writer.drain()
            self.accepted += len(chunk)
            await asyncio.sleep(0)


@asynccontextmanager
async def attacking(site: Site, who: int, flood: str) -> AsyncIterator[Attacker]:
    """Attack a site through a user's socket until the context ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", site.ports[0], limit=1 << 10)
    key = base64.b64encode(os.urandom(16)).decode()
    head = {
        "Host": f"127.0.0.1:{site.ports[0]}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": key,
        "Sec-WebSocket-Version": "13",
        "Origin": site.url,
        "Cookie": f"sessionid={site.cookies[who]}",
    }
    lines = [f"{name}: {value}\r\n" for name, value in head.items()]
    writer.write(f"GET /ws/chat/ HTTP/1.1\r\n{''.join(lines)}\r\n".encode())
    assert b" 101 " in await reader.readline()
    attacker = Attacker(writer, flood)
    attack = asyncio.create_task(attacker.attack())
    try:
        yield attacker
    finally:
        attack.cancel()
        await asyncio.wait([attack])
        writer.transport.abort()


@pytest.mark.long
@pytest.mark.parametrize("flood", FLOODS)
async def test_a_flood_is_not_read_and_others_chat_on(site: Site, flood: str) -> None:
    server = psutil.Process(site.children[0].pid)
    async with site.page(0) as ann, site.page(1) as bob:
        before = server.memory_info().rss
        async with attacking(site, 2, flood) as attacker:
            for n in range(MESSAGES):
                await ann.say(f"message {n}", str(uuid4()))
                assert (await bob.next_of("message"))["text"] == f"message {n}"
            assert attacker.accepted < MOST_ACCEPTED_BYTES
            assert server.memory_info().rss - before < MOST_GROWTH_BYTES


@pytest.mark.parametrize("tls", [False, True])
async def test_frames_that_arrive_together_are_all_answered_in_their_order(
    tmp_path: Path, tls: bool
) -> None:
    certificate = self_signed(tmp_path) if tls else None

    def make(host: str, port: int) -> list[str]:
        return commands.tuned_daphne(host, port, certificate)

    with served(make, tmp_path, tls=tls) as site:
        async with site.page(0) as ann, site.page(1) as bob:
            ids = [str(uuid4()) for _ in range(100)]
            pongs = []
            for number, client_id in enumerate(ids):
                await ann.say(f"message {number}", client_id)
                if number % 10 == 0:
                    pongs.append(await ann.socket.ping())
            assert [(await ann.next_of("ack"))["client_id"] for _ in ids] == ids
            assert [(await bob.next_of("message"))["seq"] for _ in ids] == list(range(1, 101))
            async with asyncio.timeout(20):
                await asyncio.gather(*pongs)


@pytest.mark.parametrize("flood", ["sync", "ping"])
async def test_a_flooding_socket_does_not_keep_its_process_from_ending(
    site: Site, flood: str
) -> None:
    async with site.page(0) as ann, attacking(site, 2, flood):
        await ann.say("the attack has begun", str(uuid4()))
        await ann.next_of("ack")
        os.kill(site.children[0].pid, signal.SIGTERM)
        assert await asyncio.to_thread(wait_for_end, site.children[0]) == 0
