"""The same fan-out under every ASGI server that the benchmark knows."""

from __future__ import annotations

import sys
from pathlib import Path
from uuid import uuid4

import pytest

from reference_app.chat.protocol import CLOSE_UNAUTHENTICATED
from reference_app.serving import commands
from tests.served import Command, Page, served

APPLICATION = "reference_app.config.asgi:application"


def module(name: str, *options: str) -> Command:
    """Return how a server's module is run on an address that its options name."""
    return lambda host, port: [
        *(sys.executable, "-m", name),
        *(option.format(host=host, port=port) for option in options),
        APPLICATION,
    ]


SERVERS = {
    "daphne": commands.daphne,
    "uvicorn": module("uvicorn", "--host={host}", "--port={port}", "--lifespan=off"),
    "hypercorn": module("hypercorn", "--bind={host}:{port}"),
    "granian": module("granian", "--interface=asginl", "--host={host}", "--port={port}", "--ws"),
    "gunicorn-asgi": module("gunicorn", "--worker-class=asgi", "--bind={host}:{port}"),
}


@pytest.mark.parametrize("name", SERVERS)
async def test_people_chat_in_order_and_a_stranger_is_sent_to_sign_in(
    name: str, tmp_path: Path
) -> None:
    with served(SERVERS[name], tmp_path) as site:
        async with site.page(0) as ann, site.page(1) as bob:
            for n in range(30):
                await ann.say(f"message {n}", str(uuid4()))
            assert [(await bob.next_of("message"))["seq"] for _ in range(30)] == list(range(1, 31))
            await bob.write(type="typing", conversation=site.room, active=True)
            assert (await ann.next_of("typing"))["active"]
        stranger = Page(site.ports[0], "", site.room)
        async with stranger.connecting as socket:
            stranger.socket = socket
            assert (await stranger.closed())[0] == CLOSE_UNAUTHENTICATED
    assert "Traceback" not in site.log.read_text(encoding="utf-8")
