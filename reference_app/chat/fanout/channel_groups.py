"""The names of the channel layer's groups, and the errors of a layer that is not reachable."""

from __future__ import annotations

import asyncio

from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout
from valkey.exceptions import TimeoutError as ValkeyTimeout
from valkey.exceptions import ValkeyError

TIMED_OUT = (RedisTimeout, ValkeyTimeout, TimeoutError)
UNREACHABLE = (RedisError, ValkeyError, OSError, asyncio.TimeoutError)


def conversation_group(conversation_id: int) -> str:
    """Return the group that receives a conversation's frames."""
    return f"conversation.{conversation_id}"


def user_group(user_id: int) -> str:
    """Return the group that is sent a message when a user's subscriptions change."""
    return f"user.{user_id}"
