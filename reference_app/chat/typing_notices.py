"""Who types where: kept in the cache, where forgetting is harmless.

A notice has no seq, replaces the one before, and is void after TYPING_LIFETIME. Two
people who start in the same instant may cost one of them a notice; the next, a few
seconds later, mends it. A cache that cannot be reached costs notices, nothing else.
"""

from __future__ import annotations

import logging
import time

from django.core.cache import cache

from reference_app.chat.groups import UNREACHABLE
from reference_app.chat.protocol import TYPING_LIFETIME, Person

logger = logging.getLogger(__name__)


def note(conversation_id: int, person: Person, *, active: bool) -> None:
    """Remember that somebody types in a conversation, or has stopped."""
    try:
        notices = _alive(conversation_id)
        if active:
            notices[person.id] = (person.username, person.name, time.time() + TYPING_LIFETIME)
        elif notices.pop(person.id, None) is None:
            return
        cache.set(_key(conversation_id), notices, TYPING_LIFETIME)
    except UNREACHABLE as error:
        logger.warning("typing is not noted: %s", error)


def current(conversation_id: int) -> list[Person]:
    """Return who types in a conversation now."""
    try:
        notices = _alive(conversation_id)
    except UNREACHABLE as error:
        logger.warning("who types is not known: %s", error)
        return []
    return [
        Person(id=id_, username=username, name=name)
        for id_, (username, name, _until) in notices.items()
    ]


def _alive(conversation_id: int) -> dict[int, tuple[str, str, float]]:
    notices: dict[int, tuple[str, str, float]] = cache.get(_key(conversation_id), {})
    now = time.time()
    return {id_: notice for id_, notice in notices.items() if notice[2] > now}


def _key(conversation_id: int) -> str:
    return f"typing:{conversation_id}"
