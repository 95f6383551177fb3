"""Who types where, kept in the cache: losing a notice is harmless.

A notice has no seq, replaces the one before it, and expires after TYPING_LIFETIME. If two people
start in the same instant, one notice may be lost; the next, a few seconds later, repairs that. A
cache that cannot be reached, or hangs, loses notices and nothing else.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict

from django.core.cache import cache
from django.db import Error

from reference_app.chat.fanout.channel_groups import TIMED_OUT, UNREACHABLE
from reference_app.chat.fanout.circuit_breaker import CircuitBreaker
from reference_app.protocol import TYPING_LIFETIME, Person
from reference_app.runtime import outages
from reference_app.runtime.per_loop import PerLoop

MAX_WAITING = 1_000
"""Notices that wait for the cache, beyond which the oldest is dropped."""

_breaker = CircuitBreaker(outages.cache)

# The cache's first use reads the site's prefix from the database (site_prefix.py).
UNAVAILABLE = (*UNREACHABLE, Error)


def store_notice(conversation_id: int, person: Person, *, active: bool) -> None:
    """Store that somebody types in a conversation, or has stopped."""
    if not _breaker.allows_call():
        return
    try:
        notices = _unexpired(conversation_id)
        if active:
            notices[person.id] = (person.username, person.name, time.time() + TYPING_LIFETIME)
            cache.set(_key(conversation_id), notices, TYPING_LIFETIME)
        elif notices.pop(person.id, None):
            cache.set(_key(conversation_id), notices, TYPING_LIFETIME)
        _breaker.succeeded()
    except UNAVAILABLE as error:
        _breaker.failed(error, slowly=isinstance(error, TIMED_OUT))


def load_typists(conversation_id: int) -> list[Person]:
    """Return who types in a conversation now; nobody while the cache does not answer."""
    if not _breaker.allows_call():
        return []
    try:
        notices = _unexpired(conversation_id)
        _breaker.succeeded()
    except UNAVAILABLE as error:
        _breaker.failed(error, slowly=isinstance(error, TIMED_OUT))
        return []
    return [
        Person(id=id_, username=username, name=name)
        for id_, (username, name, _until) in notices.items()
    ]


class NoticeWriter:
    """Writes notices to the cache for one event loop, in a thread of its own.

    Only the newest notice of a person in a conversation waits to be written.
    """

    def __init__(self) -> None:
        self._waiting: OrderedDict[tuple[int, int], tuple[Person, bool]] = OrderedDict()
        self._writing: asyncio.Task[None] | None = None

    def put(self, conversation_id: int, person: Person, *, active: bool) -> None:
        """Queue a notice; never wait."""
        self._waiting.pop((conversation_id, person.id), None)
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popitem(last=False)
        self._waiting[conversation_id, person.id] = (person, active)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        try:
            while self._waiting:
                (conversation_id, _), (person, active) = self._waiting.popitem(last=False)
                await asyncio.to_thread(store_notice, conversation_id, person, active=active)
        finally:
            self._writing = None


writers = PerLoop(NoticeWriter)
"""The writer of each event loop."""


def _unexpired(conversation_id: int) -> dict[int, tuple[str, str, float]]:
    stored: dict[str, tuple[str, str, float]] = cache.get(_key(conversation_id), {})
    now = time.time()
    return {int(id_): notice for id_, notice in stored.items() if notice[2] > now}


def _key(conversation_id: int) -> str:
    return f"typing:{conversation_id}"
