"""Waiting for news without a socket: one thread per process checks for all of its long polls.

A query costs about as much for fifty people as for one. So requests that wait do not query:
they are woken by the thread, which runs while there are any. It works under ASGI, where all
of them share an event loop, and under WSGI, where each has a thread and a loop of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import close_old_connections, connection

from reference_app.chat import reading
from reference_app.chat.protocol import Position
from reference_app.chat.reading import Glance
from reference_app.config.draining import is_draining

logger = logging.getLogger(__name__)

CHECK_SECONDS = 0.1
"""Time between two checks."""

MAX_USERS_PER_QUERY = 500


@dataclass(eq=False)
class Waiter:
    """A request that waits until there is news for its user.

    ``heads`` is what the page has seen, and ``typists`` who it shows to type in the
    conversation that it is ``watching``; None means those who type at the first check.
    """

    user_id: int
    watching: int | None
    heads: dict[int, Position]
    typists: set[int] | None
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    news: Glance | None = None

    def check(self, glance: Glance) -> None:
        """Wake the request if what it waits for has come."""
        heads, typing = glance
        typists = {notice.person.id for notice in typing}
        if self.typists is None:
            self.typists = typists
        if heads != self.heads or typists != self.typists:
            self.news = glance
            self.wake()

    def wake(self) -> None:
        """Let the request go on."""
        with contextlib.suppress(RuntimeError):  # its loop is closed: it was given up
            self.loop.call_soon_threadsafe(self.woken.set)


class ChangeWatch:
    """The requests of a process that wait, and the thread that wakes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiters: set[Waiter] = set()
        self._thread: threading.Thread | None = None

    async def wait(self, waiter: Waiter, seconds: float) -> Glance | None:
        """Return the news as soon as there is any, or None after so many seconds.

        Return None early if the process is being drained or the database fails.
        """
        self._add(waiter)
        try:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(waiter.woken.wait(), seconds)
        finally:
            self._discard(waiter)
        return waiter.news

    def _add(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters.add(waiter)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._check_repeatedly, name="change-watch", daemon=True
                )
                self._thread.start()

    def _discard(self, waiter: Waiter) -> None:
        with self._lock:
            self._waiters.discard(waiter)

    def _check_repeatedly(self) -> None:
        """Check until nobody waits."""
        try:
            while waiters := self._current():
                for first in range(0, len(waiters), MAX_USERS_PER_QUERY):
                    _check(waiters[first : first + MAX_USERS_PER_QUERY])
                time.sleep(CHECK_SECONDS)
        finally:
            connection.close()

    def _current(self) -> list[Waiter]:
        """Return who waits; if nobody does, the thread has to end."""
        with self._lock:
            if not self._waiters:
                self._thread = None
            return list(self._waiters)


def _check(waiters: Sequence[Waiter]) -> None:
    found: Sequence[Glance] = []
    try:
        found = reading.glances([(waiter.user_id, waiter.watching) for waiter in waiters])
    except Exception as error:  # noqa: BLE001 - the thread must go on
        # Each request queries by itself then, and answers as any request does that cannot.
        logger.warning("change watch: %s; long polls are answered early", error)
    finally:
        close_old_connections()
    if is_draining() or not found:
        for waiter in waiters:
            waiter.wake()
    for waiter, glance in zip(waiters, found, strict=False):
        waiter.check(glance)


change_watch = ChangeWatch()
"""The process's one watch."""
