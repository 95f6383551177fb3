"""Handles the frames that clients send: the same way for both WebSocket endpoints."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Protocol, assert_never

from channels.db import database_sync_to_async
from django.db import Error

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.queries.sync import load_changes
from reference_app.chat.records.draft import Draft
from reference_app.chat.records.errors import unavailable
from reference_app.chat.sockets.first_syncs import load_first_sync
from reference_app.chat.sockets.rate_limit import RateLimit
from reference_app.protocol import Refused
from reference_app.runtime.metrics import metrics
from reference_app.runtime.outages import record_failure

SYNC_BURST = 20
"""``sync`` requests that a socket may send at once: a page sends one, and one for each gap."""

SYNCS_PER_SECOND = 5.0
"""``sync`` requests that a socket may send per second after the burst. One costs about 2 ms of
the database's thread in a room of 500, so a client that sends them without a pause uses 1 % of
that thread."""

TYPING_BURST = 20
"""Typing notices that a socket may send at once: a page sends one every few seconds."""

TYPING_PER_SECOND = 5.0
"""Typing notices that a socket may send per second after the burst; further ones are dropped.
Each is sent to all members of the conversation, in every process."""


def sync_rate() -> RateLimit:
    """Return the rate limit of a new socket's ``sync`` requests."""
    return RateLimit(SYNC_BURST, SYNCS_PER_SECOND)


def typing_rate() -> RateLimit:
    """Return the rate limit of a new socket's typing notices."""
    return RateLimit(TYPING_BURST, TYPING_PER_SECOND)


class Sender(services.Subscription, Protocol):
    """The socket that sent a frame, as far as handling the frame needs it."""

    @property
    def sync_rate(self) -> RateLimit:
        """How often it may send ``sync``."""

    @property
    def typing_rate(self) -> RateLimit:
        """How often it may send typing notices."""


StoreMessage = Callable[[Draft], Awaitable[protocol.Ack]]
"""services.asend, or a function like it."""


async def handle_frame(
    text: str | bytes, user: User, sender: Sender, store_message: StoreMessage
) -> protocol.ServerFrame | None:
    """Handle one frame of a client; return the reply, a refusal, or None if there is none."""
    try:
        frame = protocol.parse_client_frame(text)
    except Refused as refused:
        metrics().received("refused", len(text))
        return refused.frame()
    metrics().received(frame.type, len(text))
    client_id = getattr(frame, "client_id", None)
    try:
        return await _handle(frame, user, sender, store_message)
    except Refused as refused:
        return refused.frame(client_id)
    except Error as error:
        record_failure(error)
        return unavailable().frame(client_id)


async def _handle(
    frame: protocol.ClientFrame, user: User, sender: Sender, store_message: StoreMessage
) -> protocol.ServerFrame | None:
    match frame:
        case protocol.SendFrame():
            return await store_message(Draft.of(user, frame.conversation, frame))
        case protocol.TypingFrame():
            if sender.typing_rate.allows(time.monotonic()):
                await services.apublish_typing(user, frame, sender)
            return None
        case protocol.ReadFrame():
            await services.amark_read(user, frame.conversation, frame.upto)
            return None
        case protocol.SyncFrame():
            # The socket's next frame waits too, so requests do not pile up meanwhile.
            await asyncio.sleep(sender.sync_rate.delay(time.monotonic()))
            if not frame.cursor:
                return await load_first_sync(user)
            return await database_sync_to_async(load_changes)(user, frame.cursor)
        case _:
            assert_never(frame)
