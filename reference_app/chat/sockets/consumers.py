"""The WebSocket endpoint in plain Channels: every socket is a member of every group.

This is the migration write-up's own configuration (docs/benchmark.md) and the benchmark's baseline.
websocket.py serves by default.
"""

from __future__ import annotations

import asyncio
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

from reference_app import protocol
from reference_app.accounts.models import User
from reference_app.chat import services
from reference_app.chat.fanout import channel_groups
from reference_app.chat.fanout.cancel import cancel_and_wait
from reference_app.chat.fanout.channel_layers import has_layer, prepare_layer
from reference_app.chat.fanout.ordering import NOWHERE, Place
from reference_app.chat.queries import heads
from reference_app.chat.queries.heads import SubscriptionState
from reference_app.chat.sockets.dispatch import handle_frame, sync_rate, typing_rate
from reference_app.protocol import CLOSE_TRY_LATER, CLOSE_UNAUTHENTICATED
from reference_app.runtime.outages import record_failure

REJOIN_EVERY = 3_600
"""Seconds after which a socket joins its groups again: Redis forgets members after a day
(channels_redis: group_expiry), and sockets may live longer."""


class ChatConsumer(AsyncWebsocketConsumer):
    """One user's socket: its frames go to the services, the frames of its groups to its page."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.joined: set[str] = set()
        # For each group, the newest position that the page has, or will have after its next sync.
        self.reached: dict[str, Place] = {}
        self.blocked_either_way: frozenset[int] = frozenset()
        self.sync_rate = sync_rate()
        self.typing_rate = typing_rate()
        self.joined_at = 0.0
        self.heads: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the socket, then leave its groups, however it ends."""
        try:
            # Before Channels gets the layer on the event loop's thread.
            await prepare_layer()
            await super().__call__(scope, receive, send)
        finally:
            # disconnect() is not called where the channel layer is lost.
            await self._leave()

    async def connect(self) -> None:
        """Join the groups, then send the welcome: the client's first ``sync`` comes after."""
        if not has_layer():
            # It would never receive anything: a site whose pages poll has no layer.
            await self.close()
            return
        await self.accept()
        user = cast("User | AnonymousUser", self.scope["user"])
        if not user.is_authenticated:
            # Not before accepting: a browser learns the close code of an open socket only.
            await self.close(code=CLOSE_UNAUTHENTICATED)
            return
        self.user = user
        try:
            await self._join(SubscriptionState())
            await self._join(await self._subscriptions())
        except (*channel_groups.UNREACHABLE, Error) as error:
            record_failure(error)
            await self.close(code=CLOSE_TRY_LATER)
            return
        await self._send(protocol.Welcome(me=self.user.as_person()))
        self.joined_at = time.monotonic()
        self.heads = asyncio.create_task(self._send_heads_in_turn())

    async def disconnect(self, _code: int) -> None:
        """Leave the groups at once: channels_redis may swallow the cancellation that follows.

        The consumer then runs until the server gives it up; nothing must be sent to it meanwhile.
        """
        await self._leave()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Handle one frame; the socket stays open if it is refused."""
        text = text_data or bytes_data or ""
        reply = await handle_frame(text, self.user, self, services.asend)
        if reply:
            await self._send(reply)

    def is_subscribed(self, conversation_id: int) -> bool:
        """Whether the socket receives the events of a conversation."""
        return channel_groups.conversation_group(conversation_id) in self.joined

    async def chat_frame(self, message: dict[str, Any]) -> None:
        """Send a frame to the page, unless it is hidden from this user or a known repeat."""
        place = (message["epoch"], message["seq"])
        reached = self.reached.get(message["group"], NOWHERE)
        if message.get("is_repeat") and place <= reached:
            return
        self.reached[message["group"]] = max(place, reached)
        if self.user.pk not in message.get("hidden_from", ()):
            await self.send(text_data=message["text"])

    async def chat_membership(self, _message: dict[str, Any]) -> None:
        """Send the heads after a change of membership: the client then asks ``sync``."""
        if await self._still_signed_in():
            await self._send_heads()
        else:
            await self.close(code=CLOSE_UNAUTHENTICATED)

    async def chat_probe(self, _message: dict[str, Any]) -> None:
        """Ignore the probes of processes with one channel (chat/fanout/hub.py)."""

    async def _join(self, state: SubscriptionState) -> bool:
        """Join the groups of the user's conversations, leave all others; True if one is new."""
        self.blocked_either_way = state.blocked_either_way
        places = {
            channel_groups.conversation_group(id_): (head.epoch, head.seq)
            for id_, head in state.subscribed.items()
        }
        wanted = {channel_groups.user_group(self.user.pk), *places}
        for group in self.joined - wanted:
            await self.channel_layer.group_discard(group, self.channel_name)
            self.joined.discard(group)
            self.reached.pop(group, None)
        missing = wanted - self.joined
        for group in missing:
            self.reached[group] = max(places.get(group, NOWHERE), self.reached.get(group, NOWHERE))
            await self.channel_layer.group_add(group, self.channel_name)
            self.joined.add(group)
        return bool(missing)

    async def _leave(self) -> None:
        if self.heads:
            await cancel_and_wait([self.heads])
        joined, self.joined = self.joined, set()
        try:
            for group in joined:
                await self.channel_layer.group_discard(group, self.channel_name)
        except channel_groups.UNREACHABLE as error:
            record_failure(error)

    async def _send_heads_in_turn(self) -> None:
        """Send the heads again and again, which heals a lost broadcast; check the session."""
        # Jitter, so that sockets opened together do not query the database together.
        await asyncio.sleep(random.uniform(0.5, 1) * protocol.HEADS_EVERY)  # noqa: S311
        while True:
            try:
                if not await self._still_signed_in():
                    await self.close(code=CLOSE_UNAUTHENTICATED)
                    return
                await self._send_heads()
            except (*channel_groups.UNREACHABLE, Error) as error:
                record_failure(error)
            await asyncio.sleep(protocol.HEADS_EVERY)

    async def _send_heads(self) -> None:
        if time.monotonic() - self.joined_at > REJOIN_EVERY:
            self.joined.clear()
            self.joined_at = time.monotonic()
        state = await self._subscriptions()
        if await self._join(state):
            # An event from before the group was joined was not received: the heads must include it.
            state = await self._subscriptions()
        await self._send(protocol.Heads(cursor=protocol.format_cursor(state.heads)))

    async def _subscriptions(self) -> SubscriptionState:
        found = await database_sync_to_async(heads.load_subscriptions)([self.user.pk])
        return found.get(self.user.pk, SubscriptionState())

    async def _still_signed_in(self) -> bool:
        """Check the session as it is stored now; the scope has it as it was at connecting."""
        store_of_sessions = import_module(settings.SESSION_ENGINE).SessionStore
        stored = store_of_sessions(self.scope["session"].session_key)
        user = await get_user(self.scope | {"session": stored})
        if user.is_authenticated:
            # The user's name may have changed.
            self.user = cast("User", user)
        return bool(user.is_authenticated)

    async def _send(self, frame: protocol.ServerFrame) -> None:
        await self.send(text_data=frame.model_dump_json())
