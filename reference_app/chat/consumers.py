"""The WebSocket carrier, in plain Channels: every socket is a member of every group.

This is the document's own configuration and the benchmark's baseline; live.py is what
serves by default.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from importlib import import_module
from typing import Any, cast

from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import Error

from reference_app.accounts.models import User
from reference_app.chat import groups, protocol, services, standing
from reference_app.chat.channel_layers import has_layer, prepare_layer
from reference_app.chat.conversing import answer, sync_pace, typing_pace
from reference_app.chat.ending import ended
from reference_app.chat.protocol import CLOSE_TRY_LATER, CLOSE_UNAUTHENTICATED
from reference_app.chat.standing import Standing

logger = logging.getLogger(__name__)

REJOIN_EVERY = 3_600
"""Seconds after which a socket joins its groups again: Redis forgets members after a day
(channels_redis: group_expiry), and sockets may live longer."""


class ChatConsumer(AsyncWebsocketConsumer):
    """One person's socket: frames in go to the services, frames of groups go out."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.joined: set[str] = set()
        self.estranged: frozenset[int] = frozenset()
        self.sync_pace = sync_pace()
        self.typing_pace = typing_pace()
        self.joined_at = 0.0
        self.heads: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket; leave nothing behind, however it ends."""
        try:
            # Before Channels gets the layer on the event loop's thread.
            await prepare_layer()
            await super().__call__(scope, receive, send)
        finally:
            # disconnect() is not called where the channel layer is lost.
            await self._leave()

    async def connect(self) -> None:
        """Join the groups first, so that nothing falls between them and the sync that follows."""
        if not has_layer():
            # Nothing would ever come over it (a site whose pages poll has no layer).
            await self.close()
            return
        await self.accept()
        user = cast("User | AnonymousUser", self.scope["user"])
        if not user.is_authenticated:
            # After accepting: a browser learns the code of an open socket only.
            await self.close(code=CLOSE_UNAUTHENTICATED)
            return
        self.user = user
        try:
            await self._join(Standing())
            await self._join(await self._standing())
        except (*groups.UNREACHABLE, Error) as error:
            logger.warning("cannot join groups: %s", error)
            await self.close(code=CLOSE_TRY_LATER)
            return
        await self._send(protocol.Welcome(me=self.user.as_person()))
        self.joined_at = time.monotonic()
        self.heads = asyncio.create_task(self._tell_heads())

    async def disconnect(self, _code: int) -> None:
        """Leave at once: channels_redis may swallow the cancellation that follows.

        It does now and then while a message arrives; what then stays until the server
        gives it up must at least not be sent to any more.
        """
        await self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Serve one frame; what is refused is answered and the socket stays."""
        text = text_data or bytes_data or ""
        reply = await answer(text, self.user, self, services.asend)
        if reply:
            await self._send(reply)

    def hears(self, conversation_id: int) -> bool:
        """Whether one is told of what happens in a conversation."""
        return groups.conversation_group(conversation_id) in self.joined

    async def chat_frame(self, message: dict[str, Any]) -> None:
        """Pass on what was published to a conversation, if not hidden from this person."""
        if self.user.pk not in message.get("hidden_from", ()):
            await self.send(text_data=message["text"])

    async def chat_membership(self, _message: dict[str, Any]) -> None:
        """Join a conversation that one is in now; the heads make the client sync."""
        if await self._still_signed_in():
            await self._send_heads()
        else:
            await self.close(code=CLOSE_UNAUTHENTICATED)

    async def chat_probe(self, _message: dict[str, Any]) -> None:
        """Ignore what a process with one channel (fanout.py) sends to see that it has joined."""

    async def _join(self, stands: Standing) -> bool:
        """Be in the groups of the conversations that one hears, no other; True if one is new."""
        self.estranged = stands.estranged
        own = groups.user_group(self.user.pk)
        wanted = {own, *map(groups.conversation_group, stands.audible)}
        for group in self.joined - wanted:
            await self.channel_layer.group_discard(group, self.channel_name)
            self.joined.discard(group)
        missing = wanted - self.joined
        for group in missing:
            await self.channel_layer.group_add(group, self.channel_name)
            self.joined.add(group)
        return bool(missing)

    async def _leave(self) -> None:
        if self.heads:
            await ended([self.heads])
        joined, self.joined = self.joined, set()
        with contextlib.suppress(*groups.UNREACHABLE):
            for group in joined:
                await self.channel_layer.group_discard(group, self.channel_name)

    async def _tell_heads(self) -> None:
        """Heal a lost broadcast on a live socket, and end a socket whose session has ended."""
        # Jitter, so that sockets opened together do not ask the database together.
        await asyncio.sleep(random.uniform(0.5, 1) * protocol.HEADS_EVERY)  # noqa: S311
        while True:
            try:
                if not await self._still_signed_in():
                    await self.close(code=CLOSE_UNAUTHENTICATED)
                    return
                await self._send_heads()
            except (*groups.UNREACHABLE, Error) as error:
                logger.warning("heads are late: %s", error)
            await asyncio.sleep(protocol.HEADS_EVERY)

    async def _send_heads(self) -> None:
        if time.monotonic() - self.joined_at > REJOIN_EVERY:
            self.joined.clear()
            self.joined_at = time.monotonic()
        stands = await self._standing()
        if await self._join(stands):
            # What came before the group was joined was not pushed: the heads must tell of it.
            stands = await self._standing()
        await self._send(protocol.Heads(cursor=protocol.format_cursor(stands.heads)))

    async def _standing(self) -> Standing:
        found = await database_sync_to_async(standing.standings)([self.user.pk])
        return found.get(self.user.pk, Standing())

    async def _still_signed_in(self) -> bool:
        """Look at the session as it is stored now; the scope's copy is of when it connected."""
        store_of_sessions = import_module(settings.SESSION_ENGINE).SessionStore
        stored = store_of_sessions(self.scope["session"].session_key)
        user = await get_user(self.scope | {"session": stored})
        if user.is_authenticated:
            # They may be called something else by now.
            self.user = cast("User", user)
        return bool(user.is_authenticated)

    async def _send(self, frame: protocol.ServerFrame) -> None:
        await self.send(text_data=frame.model_dump_json())
