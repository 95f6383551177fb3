"""The WebSocket carrier: what one process does for all of its sockets.

Plain ASGI, on any server. A socket is one coroutine that reads what its page sends; what
goes out to it comes from the process's one hub (fanout.py). consumers.py is the same chat
in plain Channels, kept as the baseline.
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
from reference_app.chat import groups, services
from reference_app.chat.carrier import Carrier, LiveSocket, current_carrier
from reference_app.chat.channel_layers import has_layer, prepare_layer
from reference_app.chat.conversing import answer
from reference_app.chat.metrics import metrics
from reference_app.chat.outlets import NO_CODE, Outlet, Send, outlet_of
from reference_app.chat.protocol import (
    CLOSE_TRY_LATER,
    CLOSE_UNAUTHENTICATED,
    Changes,
    parse_cursor,
)

logger = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
UNAVAILABLE = (Error, *groups.UNREACHABLE)


async def serve_socket(scope: Message, receive: Receive, send: Send) -> None:
    """Serve one socket until it closes: an ASGI application."""
    await receive()
    if not has_layer():
        # Nothing would ever come over it (a site whose pages poll has no layer).
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept"})
    metrics().accepted()
    outlet = outlet_of(scope, send)
    try:
        await prepare_layer()
        who = await database_sync_to_async(visitor)(_session_key(scope))
        if who is None:
            # After accepting: a browser learns the code of an open socket only.
            outlet.close(CLOSE_UNAUTHENTICATED)
        else:
            await _live(who, outlet, receive)
    except UNAVAILABLE as error:
        logger.warning("a socket is closed: %s", error)
        outlet.close(CLOSE_TRY_LATER)
    finally:
        metrics().closed(outlet.code)
    await outlet.finished()


async def _live(who: Visitor, outlet: Outlet, receive: Receive) -> None:
    carrier = current_carrier()
    socket = LiveSocket(who, outlet, carrier)
    synced = False
    # Beside the reading, for the layer may take its time: who has gone is not waited for.
    welcoming = asyncio.create_task(_welcome(carrier, socket))
    try:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                outlet.gone(message.get("code") or NO_CODE)
                break
            await welcoming
            frame = message.get("text") or message.get("bytes") or ""
            reply = await answer(frame, socket.who.user, socket, services.asend_gathered)
            if reply:
                outlet.reply(reply)
                await outlet.drained()
            if isinstance(reply, Changes):
                metrics().synced(_cause(reply, first=not synced))
                synced = True
    finally:
        welcoming.cancel()
        await asyncio.wait([welcoming])
        await carrier.farewell(socket)


async def _welcome(carrier: Carrier, socket: LiveSocket) -> None:
    try:
        await carrier.welcome(socket)
    except Exception as error:
        if isinstance(error, UNAVAILABLE):
            logger.warning("a socket is closed: %s", error)
        else:
            logger.exception("a socket is closed")
        # Whatever it is: a page that waits for its welcome must not do so for ever.
        socket.outlet.close(CLOSE_TRY_LATER)


def _cause(changes: Changes, *, first: bool) -> str:
    """Return why a client asked: it is new here, has come back, or has seen a gap."""
    if not first:
        return "gap"
    known_nothing = len(changes.reset) == len(parse_cursor(changes.cursor))
    return "connect" if known_nothing else "reconnect"


def _session_key(scope: Message) -> str:
    for name, value in scope["headers"]:
        if name == b"cookie":
            return parse_cookie(value.decode("latin1")).get(settings.SESSION_COOKIE_NAME, "")
    return ""
