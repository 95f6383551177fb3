"""Where WebSockets lead, and what stands between the network and the consumer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error
from django.urls import path, re_path

from reference_app.chat.consumers import ChatConsumer
from reference_app.chat.protocol import CLOSE_TRY_LATER
from reference_app.chat.publish import UNREACHABLE
from reference_app.config.environment import ChannelLayer, Transport

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# As loose as ASGI is: Channels' stubs and django-stubs each type a part of it.
Application = Any


async def refuse(_scope: Message, receive: Receive, send: Send) -> None:
    """Refuse the handshake, where Channels' router would raise and the server log a crash."""
    await receive()
    await send({"type": "websocket.close"})


def close_when_unavailable(application: Application) -> Application:
    """Close a socket whose database or channel layer is lost, so that its page comes back.

    Left to itself the error would end the socket too, but with a traceback and the code
    of a server that is broken (1011) rather than one to try again later.
    """

    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        closed = False

        async def noting_receive() -> Message:
            nonlocal closed
            message = await receive()
            closed = closed or message["type"] == "websocket.disconnect"
            return message

        async def noting_send(message: Message) -> None:
            nonlocal closed
            closed = closed or message["type"] == "websocket.close"
            await send(message)

        try:
            await application(scope, noting_receive, noting_send)
        except (Error, *UNREACHABLE) as error:
            logger.warning("a socket is closed: %s", error)
            if not closed:
                await send({"type": "websocket.close", "code": CLOSE_TRY_LATER})

    return guarded


_routes: Application = [path("ws/chat/", ChatConsumer.as_asgi()), re_path(r"", refuse)]  # type: ignore[arg-type]

sockets: Application = AllowedHostsOriginValidator(
    close_when_unavailable(AuthMiddlewareStack(URLRouter(_routes)))
)
"""The WebSocket side of the application."""


def refuse_without_channel_layer() -> None:
    """Refuse to serve sockets that nothing would ever come over.

    Raises:
        ImproperlyConfigured: the page would use sockets, and there is no channel layer.
    """
    environment = settings.ENVIRONMENT
    if environment.transport is Transport.WEBSOCKET and (
        environment.channel_layer is ChannelLayer.NONE
    ):
        raise ImproperlyConfigured(
            "FAWRAN_TRANSPORT=websocket needs a channel layer: set REDIS_URL, for example "
            "redis://localhost:6379/0, or FAWRAN_TRANSPORT=polling."
        )
