"""What a frame from a page means: the same on every WebSocket carrier."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection
from typing import Protocol, assert_never
from uuid import UUID

from channels.db import database_sync_to_async
from django.db import Error

from reference_app.accounts.models import User
from reference_app.chat import protocol, reading, services, store
from reference_app.chat.first_syncs import current_first_syncs
from reference_app.chat.metrics import metrics
from reference_app.chat.pacing import Pace
from reference_app.chat.protocol import ErrorCode, Refused

logger = logging.getLogger(__name__)

SYNC_BURST = 20
"""``sync`` calls that a socket may make at once: a page makes one, and one for each gap."""

SYNCS_PER_SECOND = 5.0
"""``sync`` calls that a socket may make from then on. One costs about 2 ms of the database's
thread in a room of 500, so that a client which asks without a pause takes a hundredth of it."""


class Listener(Protocol):
    """What the socket that a frame came from hears, as far as its process knows."""

    def hears(self, conversation_id: int) -> bool:
        """Whether it is in a conversation."""

    @property
    def estranged(self) -> Collection[int]:
        """Who is not to see that its person types."""

    @property
    def sync_pace(self) -> Pace:
        """How often it may ask ``sync``."""

    @property
    def typing_pace(self) -> Pace:
        """How often it may say that its person types."""


TYPING_BURST = 20
"""Typing notices that a socket may send at once: a page sends one every few seconds."""

TYPING_PER_SECOND = 5.0
"""Typing notices that a socket may send from then on; others are dropped. Each goes to all
members of the conversation, in every process."""


def sync_pace() -> Pace:
    """Return the pace of a new socket's ``sync`` calls."""
    return Pace(SYNC_BURST, SYNCS_PER_SECOND)


def typing_pace() -> Pace:
    """Return the pace of a new socket's typing notices."""
    return Pace(TYPING_BURST, TYPING_PER_SECOND)


StoreMessage = Callable[
    [User, int, UUID, str, int | None, Collection[int]], Awaitable[protocol.Ack]
]
"""services.asend, or a function like it."""


async def answer(
    text: str | bytes, user: User, listener: Listener, store_message: StoreMessage
) -> protocol.ServerFrame | None:
    """Serve one frame; return what goes back to its sender. What is refused is answered."""
    client_id = None
    try:
        frame = protocol.parse_client_frame(text)
        client_id = getattr(frame, "client_id", None)
        metrics().received(frame.type, len(text))
        return await _serve(frame, user, listener, store_message)
    except Refused as refused:
        if client_id is None:
            metrics().received("refused", len(text))
        return refused.frame(client_id)
    except Error as error:
        logger.error("database: %s", error)
        unavailable = Refused(ErrorCode.UNAVAILABLE, "Not stored: please try again.")
        return unavailable.frame(client_id)


async def _serve(
    frame: protocol.ClientFrame, user: User, listener: Listener, store_message: StoreMessage
) -> protocol.ServerFrame | None:
    match frame:
        case protocol.SendFrame():
            return await store_message(
                user,
                frame.conversation,
                frame.client_id,
                frame.text,
                frame.reply_to,
                frame.files,
            )
        case protocol.TypingFrame():
            if not listener.hears(frame.conversation):
                raise store.not_a_member(frame.conversation)
            if not listener.typing_pace.allows(time.monotonic()):
                return None
            await services.anote_typing(
                user, frame.conversation, active=frame.active, hidden_from=listener.estranged
            )
            return None
        case protocol.ReadFrame():
            await services.amark_read(user, frame.conversation, frame.upto)
            return None
        case protocol.SyncFrame():
            # The socket's next frame waits too, so that nothing piles up meanwhile.
            await asyncio.sleep(listener.sync_pace.delay(time.monotonic()))
            if not frame.cursor:
                return await current_first_syncs().of(user)
            return await database_sync_to_async(reading.sync)(user, frame.cursor)
        case _:
            assert_never(frame)
