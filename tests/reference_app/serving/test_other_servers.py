"""The same fan-out under every ASGI server that the benchmark knows."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest

from benchmarks.probe.page import Page
from benchmarks.servers.registry import servers
from reference_app.protocol import CLOSE_UNAUTHENTICATED
from tests.served import served

SERVERS = {
    one.name: one
    for one in servers().values()
    if one.transport == "websocket" and one.role != "bare" and len(one.parts) == 1
}


@pytest.mark.parametrize("name", SERVERS)
async def test_people_chat_in_order_and_a_signed_out_socket_is_closed(
    name: str, tmp_path: Path
) -> None:
    (part,) = SERVERS[name].parts
    with served(part.command, tmp_path, **SERVERS[name].environment) as site:
        async with site.page(0) as ann, site.page(1) as bob:
            for n in range(30):
                await ann.say(f"message {n}", str(uuid4()))
            assert [(await bob.next_of("message"))["seq"] for _ in range(30)] == list(range(1, 31))
            await bob.write(type="typing", conversation=site.room, active=True)
            assert (await ann.next_of("typing"))["active"]
        stranger = Page(site.url, "", site.room)
        async with stranger.connecting as socket:
            stranger.socket = socket
            assert (await stranger.closed())[0] == CLOSE_UNAUTHENTICATED
    assert "Traceback" not in site.log.read_text(encoding="utf-8")
