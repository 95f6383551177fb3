"""The channel layer's groups: what they are called, and how one learns that they are away."""

from __future__ import annotations

import asyncio

from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeout
from valkey.exceptions import TimeoutError as ValkeyTimeout
from valkey.exceptions import ValkeyError

TIMED_OUT = (RedisTimeout, ValkeyTimeout, TimeoutError)
UNREACHABLE = (RedisError, ValkeyError, OSError, asyncio.TimeoutError)


def conversation_group(conversation_id: int) -> str:
    """Return the group that a conversation's frames go to."""
    return f"conversation.{conversation_id}"


def user_group(user_id: int) -> str:
    """Return the group that news of a user's memberships goes to."""
    return f"user.{user_id}"
