"""Where WebSockets lead, and what stands between the network and the consumer."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.auth import AuthMiddlewareStack
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from reference_app.chat.consumers import ChatConsumer
from reference_app.chat.groups import UNREACHABLE
from reference_app.chat.live import serve_socket
from reference_app.chat.protocol import CLOSE_TRY_LATER
from reference_app.config.environment import ChannelLayer, Fanout, Transport

logger = logging.getLogger(__name__)

SOCKET_PATH = "/ws/chat/"

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


def sockets_for(fanout: Fanout) -> Application:
    """Return the WebSocket side of the application, with one way of fanning out or the other."""
    if fanout is Fanout.PROCESS:
        chat: Application = serve_socket
    else:
        # Channels' middlewares serve its consumers; serve_socket looks at the session itself.
        chat = close_when_unavailable(AuthMiddlewareStack(ChatConsumer.as_asgi()))

    async def route(scope: Message, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        await (chat if path == SOCKET_PATH else refuse)(scope, receive, send)

    return AllowedHostsOriginValidator(route)


sockets: Application = sockets_for(settings.ENVIRONMENT.fanout)
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
