"""A client that disconnects before it has received its welcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from channels.testing import WebsocketCommunicator
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat.sockets.connections import connection_registries
from reference_app.chat.sockets.routing import sockets_for
from reference_app.protocol import CLOSE_TRY_LATER
from reference_app.runtime.environment import Fanout
from tests.builders import person

pytestmark = pytest.mark.django_db(transaction=True)
TIMEOUT = 15


class Stuck(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer so busy that no group can be joined."""

    async def group_add(self, _group: str, _channel: str) -> None:
        await asyncio.Event().wait()


class Broken(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer that fails with an unexpected error."""

    async def group_add(self, _group: str, _channel: str) -> None:
        raise ZeroDivisionError


@pytest.fixture(params=[Stuck, Broken])
async def layer(request: pytest.FixtureRequest, settings: Any) -> AsyncIterator[type]:
    chosen: type = request.param
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.{chosen.__name__}"}}
    channel_layers.backends.clear()
    yield chosen
    await connection_registries.get().close()
    channel_layers.backends.clear()


@pytest.fixture
def ann() -> User:
    return person("ann")


async def test_a_disconnect_ends_the_welcome_and_a_failed_welcome_closes_the_socket(
    layer: type, ann: User
) -> None:
    client = Client()
    await asyncio.to_thread(client.force_login, ann)
    cookie = client.cookies["sessionid"].value
    headers = [(b"origin", b"http://localhost"), (b"host", b"localhost")]
    socket = WebsocketCommunicator(
        sockets_for(Fanout.PROCESS),
        "/ws/chat/",
        headers=[*headers, (b"cookie", f"sessionid={cookie}".encode())],
    )
    assert (await socket.connect(TIMEOUT))[0]
    if layer is Broken:
        closed = await socket.receive_output(TIMEOUT)
        assert (closed["type"], closed["code"]) == ("websocket.close", CLOSE_TRY_LATER)
    await socket.send_input({"type": "websocket.disconnect", "code": 1001})
    async with asyncio.timeout(TIMEOUT):
        await socket.future
