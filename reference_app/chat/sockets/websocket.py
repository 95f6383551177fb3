"""The WebSocket endpoint: one coroutine for each socket reads the frames of its page.

It is plain ASGI, and runs on any server. Frames to the page come from the process's one hub
(chat/fanout/hub.py). consumers.py is the same chat in plain Channels, kept as the baseline.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error
from django.http import parse_cookie

from reference_app.accounts.sessions import Visitor, visitor
from reference_app.chat import services
from reference_app.chat.fanout import channel_groups
from reference_app.chat.fanout.channel_layers import has_layer, prepare_layer
from reference_app.chat.fanout.send_buffers import NO_CODE, Send, SendBuffer, send_buffer_for
from reference_app.chat.sockets.connections import (
    Connection,
    ConnectionRegistry,
    connection_registries,
)
from reference_app.chat.sockets.dispatch import handle_frame
from reference_app.protocol import CLOSE_TRY_LATER, CLOSE_UNAUTHENTICATED, Changes, parse_cursor
from reference_app.runtime.metrics import metrics
from reference_app.runtime.outages import record_failure

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
UNAVAILABLE = (Error, *channel_groups.UNREACHABLE)


async def serve_socket(scope: Message, receive: Receive, send: Send) -> None:
    """Serve one socket until it closes: an ASGI application."""
    await receive()
    if not has_layer():
        # It would never receive anything: a site whose pages poll has no layer.
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    metrics().accepted()
    buffer = send_buffer_for(scope, send)
    try:
        await prepare_layer()
        who = await database_sync_to_async(visitor)(_session_key(scope))
        if who is None:
            # Not before accepting: a browser learns the close code of an open socket only.
            buffer.close(CLOSE_UNAUTHENTICATED)
        else:
            await _serve_user(who, buffer, receive)
    except UNAVAILABLE as error:
        record_failure(error)
        buffer.close(CLOSE_TRY_LATER)
    finally:
        metrics().closed(buffer.code)
    await buffer.wait_closed()


async def _serve_user(who: Visitor, buffer: SendBuffer, receive: Receive) -> None:
    registry = connection_registries.get()
    connection = Connection(who, buffer, registry)
    synced = False
    # In a task, because the channel layer may be slow: a socket that closes meanwhile is noticed.
    subscribing = asyncio.create_task(_subscribe(registry, connection))
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                buffer.mark_closed(message.get("code") or NO_CODE)
                break
            await subscribing
            frame = message.get("text") or message.get("bytes") or ""
            user = connection.who.user
            reply = await handle_frame(frame, user, connection, services.asend_batched)
            if reply:
                buffer.reply(reply)
                await buffer.wait_drained()
            if isinstance(reply, Changes):
                metrics().synced(_cause(reply, first=not synced))
                synced = True
    finally:
        subscribing.cancel()
        await asyncio.wait([subscribing])
        await registry.remove(connection)


async def _subscribe(registry: ConnectionRegistry, connection: Connection) -> None:
    try:
        await registry.add(connection)
    except UNAVAILABLE as error:
        record_failure(error)
        connection.buffer.close(CLOSE_TRY_LATER)
    except Exception:
        # Whatever it is: a page must not wait for its welcome forever.
        logger.exception("a socket is closed")
        connection.buffer.close(CLOSE_TRY_LATER)


def _cause(changes: Changes, *, first: bool) -> str:
    """Return why a client asked: it is new here, has come back, or has seen a gap."""
    if not first:
        return "gap"
    had_no_cursor = len(changes.reset) == len(parse_cursor(changes.cursor))
    return "connect" if had_no_cursor else "reconnect"


def _session_key(scope: Message) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            return parse_cookie(value.decode("latin1")).get(settings.SESSION_COOKIE_NAME, "")
    return ""
