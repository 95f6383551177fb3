"""Telling live sockets: what was committed goes to the channel layer, encoded once.

Delivery is at most once, and nobody relies on it: a client that misses a seq asks
``sync``. So a channel layer that cannot be reached costs speed, not messages; it is
logged and never fails the request whose data is stored already.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

import redis.exceptions
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer

from reference_app.chat.protocol import Event, Typing

logger = logging.getLogger(__name__)

UNREACHABLE = (redis.exceptions.RedisError, OSError, asyncio.TimeoutError)


def conversation_group(conversation_id: int) -> str:
    """Return the group that a conversation's frames go to."""
    return f"conversation.{conversation_id}"


def user_group(user_id: int) -> str:
    """Return the group that news of a user's memberships goes to."""
    return f"user.{user_id}"


async def publish(frame: Event | Typing) -> None:
    """Send a frame to every live socket of its conversation."""
    await _send(
        conversation_group(frame.conversation),
        {"type": "chat.frame", "text": frame.model_dump_json()},
    )


async def publish_membership(conversation_id: int, user_ids: Iterable[int]) -> None:
    """Tell people's live sockets that they are in a conversation now."""
    for user_id in user_ids:
        await _send(
            user_group(user_id), {"type": "chat.membership", "conversation": conversation_id}
        )


def publish_from_thread(frame: Event | Typing) -> None:
    """Send a frame, from code that is not asynchronous; at once where there is no layer."""
    if get_channel_layer() is not None:
        async_to_sync(publish)(frame)


def publish_membership_from_thread(conversation_id: int, user_ids: Iterable[int]) -> None:
    """Tell of memberships, from code that is not asynchronous."""
    if get_channel_layer() is not None:
        async_to_sync(publish_membership)(conversation_id, user_ids)


async def _send(group: str, message: dict[str, object]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        await layer.group_send(group, message)
    except UNREACHABLE as error:
        logger.warning("channel layer: %s; clients will catch up by sync", error)
