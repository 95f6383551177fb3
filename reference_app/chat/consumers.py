"""The WebSocket carrier, in plain Channels: every socket is a member of every group.

This is the document's own configuration and the benchmark's baseline.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from typing import Any, cast

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.http import HttpRequest

from reference_app.accounts.models import User
from reference_app.chat import protocol, publish, reading, services, store
from reference_app.chat.protocol import (
    CLOSE_TRY_LATER,
    CLOSE_UNAUTHENTICATED,
    ErrorCode,
    Refused,
)

logger = logging.getLogger(__name__)


class ChatConsumer(AsyncWebsocketConsumer):
    """One person's socket: frames in go to the services, frames of groups go out."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.joined: set[str] = set()
        self.heads: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Join the groups first, so that nothing falls between them and the sync that follows."""
        await self.accept()
        user = cast("User | AnonymousUser", self.scope["user"])
        if not user.is_authenticated:
            # After accepting: a browser learns the code of an open socket only.
            await self.close(code=CLOSE_UNAUTHENTICATED)
            return
        self.user = user
        try:
            await self._join(publish.user_group(user.pk))
            for conversation_id in await self._heads():
                await self._join(publish.conversation_group(conversation_id))
        except (*publish.UNREACHABLE, DatabaseError) as error:
            logger.warning("cannot join groups: %s", error)
            await self.close(code=CLOSE_TRY_LATER)
            return
        await self._send(protocol.Welcome(me=self.user.as_person()))
        self.heads = asyncio.create_task(self._tell_heads())

    async def disconnect(self, _code: int) -> None:
        """Leave the groups."""
        if self.heads:
            self.heads.cancel()
        with contextlib.suppress(*publish.UNREACHABLE):
            for group in self.joined:
                await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Serve one frame; what is refused is answered and the socket stays."""
        client_id = None
        try:
            frame = protocol.parse_client_frame(text_data or bytes_data or "")
            client_id = getattr(frame, "client_id", None)
            await self._serve(frame)
        except Refused as refused:
            await self._send(refused.frame(client_id))
        except DatabaseError:
            logger.exception("database")
            unavailable = Refused(ErrorCode.UNAVAILABLE, "Not stored: please try again.")
            await self._send(unavailable.frame(client_id))

    async def _serve(self, frame: protocol.ClientFrame) -> None:
        match frame:
            case protocol.SendFrame():
                ack = await services.asend(
                    self.user, frame.conversation, frame.client_id, frame.text
                )
                await self._send(ack)
            case protocol.TypingFrame():
                if publish.conversation_group(frame.conversation) not in self.joined:
                    raise store.not_a_member(frame.conversation)
                await services.anote_typing(self.user, frame.conversation, active=frame.active)
            case protocol.ReadFrame():
                await services.amark_read(self.user, frame.conversation, frame.upto)
            case protocol.SyncFrame():
                changes = await database_sync_to_async(reading.sync)(self.user, frame.cursor)
                await self._send(changes)

    async def chat_frame(self, message: dict[str, Any]) -> None:
        """Pass on what was published to a conversation."""
        await self.send(text_data=message["text"])

    async def chat_membership(self, message: dict[str, Any]) -> None:
        """Join a conversation that one is in now; the heads make the client sync."""
        await self._join(publish.conversation_group(message["conversation"]))
        await self._send_heads()

    async def _join(self, group: str) -> None:
        await self.channel_layer.group_add(group, self.channel_name)
        self.joined.add(group)

    async def _tell_heads(self) -> None:
        """Heal a lost broadcast on a live socket, and end a socket whose session has ended."""
        # Jitter, so that sockets opened together do not ask the database together.
        await asyncio.sleep(random.uniform(0.5, 1) * protocol.HEADS_EVERY)  # noqa: S311
        while True:
            if not await self._still_signed_in():
                await self.close(code=CLOSE_UNAUTHENTICATED)
                return
            with contextlib.suppress(DatabaseError):
                await self._send_heads()
            await asyncio.sleep(protocol.HEADS_EVERY)

    async def _send_heads(self) -> None:
        await self._send(protocol.Heads(cursor=protocol.format_cursor(await self._heads())))

    async def _heads(self) -> dict[int, protocol.Position]:
        return await database_sync_to_async(reading.heads)(self.user)

    @database_sync_to_async
    def _still_signed_in(self) -> bool:
        request = HttpRequest()
        request.session = type(self.scope["session"])(self.scope["session"].session_key)
        return get_user(request).is_authenticated

    async def _send(self, frame: protocol.ServerFrame) -> None:
        await self.send(text_data=frame.model_dump_json())
