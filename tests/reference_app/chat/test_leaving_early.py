"""A page that goes while it is still being welcomed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers
from channels.testing import WebsocketCommunicator
from django.test import Client

from reference_app.accounts.models import User
from reference_app.chat.carrier import current_carrier
from reference_app.chat.protocol import CLOSE_TRY_LATER
from reference_app.chat.routing import sockets_for
from reference_app.config.environment import Fanout
from tests.builders import person

pytestmark = pytest.mark.django_db(transaction=True)
TIMEOUT = 15


class Stuck(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer under such load that nobody gets into a group."""

    async def group_add(self, _group: str, _channel: str) -> None:
        await asyncio.Event().wait()


class Broken(InMemoryChannelLayer):  # type: ignore[misc]
    """A layer with an error in it."""

    async def group_add(self, _group: str, _channel: str) -> None:
        raise ZeroDivisionError


@pytest.fixture(params=[Stuck, Broken])
async def layer(request: pytest.FixtureRequest, settings: Any) -> AsyncIterator[type]:
    chosen: type = request.param
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": f"{__name__}.{chosen.__name__}"}}
    channel_layers.backends.clear()
    yield chosen
    await current_carrier().close()
    channel_layers.backends.clear()


@pytest.fixture
def ann() -> User:
    return person("ann")


async def test_who_has_gone_is_not_waited_for_and_whom_nobody_can_welcome_is_told(
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
