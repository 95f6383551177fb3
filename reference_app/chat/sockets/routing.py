"""The WebSocket side of the ASGI application: which sockets are accepted, and what serves them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from io import BytesIO
from typing import Any

from channels.auth import AuthMiddlewareStack
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.handlers.asgi import ASGIRequest
from django.db import Error

from reference_app.chat.fanout.channel_groups import UNREACHABLE
from reference_app.chat.sockets.consumers import ChatConsumer
from reference_app.chat.sockets.websocket import serve_socket
from reference_app.protocol import CLOSE_TRY_LATER
from reference_app.runtime.demo_access import may_use_site
from reference_app.runtime.environment import ChannelLayer, Fanout, Transport
from reference_app.runtime.origins import is_own_origin
from reference_app.runtime.outages import record_failure

SOCKET_PATH = "/ws/chat/"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
# As loose as ASGI is: Channels' stubs and django-stubs each type a part of it.
Application = Any


async def refuse(_scope: Message, receive: Receive, send: Send) -> None:
    """Refuse the handshake; Channels' router would raise, and the server log a crash."""
    await receive()
    await send({"type": "websocket.close"})


def close_when_unavailable(application: Application) -> Application:
    """Close a socket whose database or channel layer is lost with the code "try again later".

    Otherwise the error would close it with the code of a broken server (1011), and a traceback.
    """

    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        closed = False

        async def watched_receive() -> Message:
            nonlocal closed
            message = await receive()
            closed = closed or message["type"] == "websocket.disconnect"
            return message

        async def watched_send(message: Message) -> None:
            nonlocal closed
            closed = closed or message["type"] == "websocket.close"
            await send(message)

        try:
            await application(scope, watched_receive, watched_send)
        except (Error, *UNREACHABLE) as error:
            record_failure(error)
            if not closed:
                await send({"type": "websocket.close", "code": CLOSE_TRY_LATER})

    return guarded


def sockets_for(fanout: Fanout) -> Application:
    """Return the WebSocket side of the application, for one of the two ways of fan-out."""
    if fanout is Fanout.PROCESS:
        chat: Application = serve_socket
    else:
        # Channels' middleware is for its consumers; serve_socket checks the session itself.
        chat = close_when_unavailable(AuthMiddlewareStack(ChatConsumer.as_asgi()))

    async def route(scope: Message, receive: Receive, send: Send) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        request = _handshake(scope)
        served = path == SOCKET_PATH and may_use_site(request) and is_own_origin(request)
        await (chat if served else refuse)(scope, receive, send)

    return route


def _handshake(scope: Message) -> ASGIRequest:
    """Return the handshake of a socket as a request of Django."""
    scheme = {"wss": "https"}.get(scope.get("scheme", "ws"), "http")
    request = {**scope, "method": "GET", "scheme": scheme, "query_string": b""}
    return ASGIRequest(request, BytesIO())


sockets: Application = sockets_for(settings.ENVIRONMENT.fanout)
"""The WebSocket side of the application."""


def refuse_without_channel_layer() -> None:
    """Refuse to start if pages use sockets and there is no channel layer.

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
